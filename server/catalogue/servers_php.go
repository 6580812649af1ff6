package catalogue

import (
	"os"

	"lanser/selectors/lazyregexp"
	"lanser/server/dangers"
)

// What was measured of intelephense 1.18.5: it reads the whole workspace when it starts, and says in its log when that
// is over; until then it answers from what it has read. After a notification it waits half a second before it reads a
// changed file, but opening and closing the document makes it read the new text at once. A file that is gone stays in
// its answers until the scan that follows the notification. Of 500 files that were opened during that scan, it
// remembered four after they were gone. It pushes findings without a version, and an empty list,
// marked as isClear, for documents that it drops. Code with a syntax error has no other findings. Its paid features are
// not used.

var intelephense = &Server{
	Name:    "intelephense",
	Version: "1.18.5",
	Reading: Reading{
		LanguageIDs: map[string]string{".php": "php"},
	},
	Starting: Starting{
		Install: Install{
			Manager: "npm",
			Package: "intelephense@1.18.5",
			Sum:     "sha512-dqCH1YNCRlHGBLND+iUFjBJlGwM4pPimX2jm8AaP/6K2WZNM2K2+E8dOWCD3ZYMP2zC2ICBD9Soe2oxKtU9d9A==",
			Entry:   "intelephense/lib/intelephense.js",
			Command: "intelephense",
		},
		Args: []string{"--stdio"},
		// It keeps nothing for a later session, and finds no licence key: no folder can be made in /dev/null.
		Options: map[string]any{"storagePath": os.DevNull, "globalStoragePath": os.DevNull},
		Settings: map[string]any{"intelephense": map[string]any{
			"files": map[string]any{
				"associations": []any{"*.php", "*.phtml"},
				"exclude":      []any{},
				"maxSize":      100_000_000, // bytes
			},
			"telemetry": map[string]any{"enabled": false},
		}},
		Env: []string{"NODE_OPTIONS"},
		Dangers: []dangers.Danger{
			{Files: "*.php", Could: "be run", Stop: dangers.StopServer, By: "code is parsed"},
			{
				Files: "composer.json, vendor (autoload)",
				Could: "have code loaded to find classes",
				Stop:  dangers.StopServer,
				By:    "it reads all files of the workspace, and no autoloader",
			},
			{
				Files: ".vscode/settings.json (intelephense.environment.includePaths, intelephense.licenceKey)",
				Could: "name files outside of the workspace",
				Stop:  dangers.StopServer,
				By:    "it reads no such file",
			},
			withNodeOptions,
		},
	},
	Following: Following{
		Ready:     Signal{Log: lazyregexp.New(`^Indexer: Indexing finished`)},
		ScansOver: true,
		Notices:   NoticesAll,
		Leads:     &Leads{Without: NoticesNone, Opens: true, Scans: lazyregexp.New(`^Indexer: Starting`)},
	},
	Checking: Checking{
		Check:         CheckPush,
		Unversioned:   true,
		ClearsOnClose: true,
		Weights: []Weighting{
			// The command line of PHP, php -l, refuses what is no PHP. Whether a name is known is found out when the
			// code runs, after other files have been loaded.
			{Code: "P1001", Severity: "error"},
			{From: "error", Severity: "warning"},
		},
		Syntax: []string{"P1001"},
	},
	Answering: Answering{
		Offers: append([]string{"diagnosticProvider"}, basic...),
		Why:    "intelephense has logged that its scan of the workspace is over",
	},
}
