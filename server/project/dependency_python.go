package project

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"lanser/index/manifest"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// unresolvedImport is pyright's message for an import that it cannot resolve, or of which it has the types
// and not the source.
var unresolvedImport = lazyregexp.New(`^Import "([^"]+)" could not be resolved`)

// FollowsInPython are the rules of pyright about types that are not known: those of a package that is not
// installed.
var FollowsInPython = []string{
	"reportUnknownArgumentType", "reportUnknownLambdaType", "reportUnknownMemberType", "reportUnknownParameterType",
	"reportUnknownVariableType", "reportUntypedBaseClass", "reportUntypedClassDecorator",
	"reportUntypedFunctionDecorator", "reportUntypedNamedTuple",
}

// PythonDependency is [catalogue.Server.dependency] of pyright: a module that is neither of the workspace nor of the
// standard library. The names of modules do not tell those of packages, so that a module counts as one of
// a package even if no manifest declares such a package; only what is almost the name of a standard module
// is taken for a mistake, if no manifest declares it and it is not a package that many projects use.
func PythonDependency(v View, file, code, message string) *Dependency {
	m := unresolvedImport.FindStringSubmatch(message)
	if code != "reportMissingImports" && code != "reportMissingModuleSource" || m == nil {
		return nil
	}
	top, _, _ := strings.Cut(m[1], ".")
	if top == "" || standardModules()[top] || ownModule(v, file, top) || wasModule(v, top) {
		return nil
	}
	d := &Dependency{Places: []Place{{Scheme: "site", Path: top}, {Scheme: "site", Path: top + ".py"}}}
	if code == "reportMissingModuleSource" {
		d.Places = nil // its types are there, whatever is installed
	}
	name := distribution(m[1])
	r := declaredForPython(v, file, name)
	isMistake := !packagesLikeStandard()[top] && isAlmost(top, standardModules())
	if r.fix == "" && (isMistake || python2Modules()[top] || isInWorkspace(v, top)) {
		return nil
	}
	d.Name, d.Missing = name, "the Python package "+name+" is not installed"
	d.Fix, d.File, d.Line = r.fix, r.file, r.line
	if r.fix == "" {
		d.Fix = "pip install " + name
	}
	return d
}

// IsOptionalInPython reports whether a line is in a try statement that handles the failure of an import, or below a
// condition that holds for type checkers alone.
func IsOptionalInPython(c *text.Content, line int) bool {
	indent := indentOf(c.Line(line))
	for above := line - 1; above >= 0 && indent > 0; above-- {
		s := c.Line(above)
		if strings.TrimSpace(s) == "" || indentOf(s) >= indent {
			continue
		}
		indent = indentOf(s)
		if forTypeCheckers.MatchString(s) || handlesImports.MatchString(s) || startsTry.MatchString(s) &&
			triesImport(c, line, indent) {
			return true
		}
	}
	return false
}

// triesImport reports whether the try statement around a line, with the given indentation, handles the failure of an
// import.
func triesImport(c *text.Content, line, indent int) bool {
	for below := line + 1; below < c.Lines(); below++ {
		s := c.Line(below)
		if strings.TrimSpace(s) == "" || indentOf(s) > indent {
			continue
		}
		if indentOf(s) < indent || !continuesTry.MatchString(s) {
			return false
		}
		if handlesImports.MatchString(s) {
			return true
		}
	}
	return false
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

var (
	forTypeCheckers = lazyregexp.New(`^\s*(?:if|elif)\s+(?:\w+\.)?TYPE_CHECKING\s*:`)
	startsTry       = lazyregexp.New(`^\s*try\s*:`)
	continuesTry    = lazyregexp.New(`^\s*(?:except|else|finally)\b`)
	handlesImports  = lazyregexp.New(
		`^\s*except\s*(?::|[^:]*\b(?:ImportError|ModuleNotFoundError|Exception|BaseException)\b)`,
	)
)

// isAlmost reports whether a name differs from one of a set by one character, or by the order of two.
func isAlmost(name string, set map[string]bool) bool {
	for known := range set {
		d := levenshtein.ComputeDistance(name, known)
		if len(name) > 3 && (d == 1 || d == 2 && len(name) == len(known) && isSwapped(name, known)) {
			return true
		}
	}
	return false
}

// isSwapped reports whether two names of one length differ by the order of two neighbouring characters.
func isSwapped(a, b string) bool {
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}

// python2Modules are modules of the standard library of Python 2 that Python 3 lacks: nothing installs them.
var python2Modules = NameSet("BaseHTTPServer CGIHTTPServer ConfigParser Cookie Queue SimpleHTTPServer SocketServer " +
	"StringIO Tkinter UserDict UserList __builtin__ anydbm cPickle cStringIO commands cookielib copy_reg " +
	"dummy_thread exceptions htmlentitydefs httplib robotparser sets thread tkMessageBox urllib2 urlparse xmlrpclib " +
	"Bastion DocXMLRPCServer HTMLParser MimeWriter ScrolledText Tix _winreg dbhash dircache dumbdbm fpformat " +
	"future_builtins htmllib ihooks imputil markupbase md5 mhlib mimetools mimify multifile mutex popen2 posixfile " +
	"rexec rfc822 sgmllib sha statvfs tkColorChooser tkCommonDialog tkFileDialog tkFont tkSimpleDialog ttk whichdb xmllib")

// packagesLikeStandard are modules of packages that many projects use, and whose names are almost those of standard
// modules.
var packagesLikeStandard = NameSet("Crypto aenum bcrypt bson cmd2 contextlib2 cupy dlib emails gast glom httpx " +
	"pickle5 smmap typer ujson unittest2 urllib3 uuid6 xarray xdis xdoctest")

// isInWorkspace reports whether a top-level module is anywhere in the workspace: scripts put folders on the path
// that no server knows of.
func isInWorkspace(v View, top string) bool {
	type key struct{}
	modules := v.Memoize(key{}, func() any {
		modules := map[string]bool{}
		for _, p := range v.Paths() {
			name := path.Base(p)
			if name == "__init__.py" {
				modules[path.Base(path.Dir(p))] = true
			} else if path.Ext(name) == ".py" {
				modules[strings.TrimSuffix(name, ".py")] = true
			}
		}
		return modules
	}).(map[string]bool)
	return modules[top]
}

// ownModule reports whether a top-level module is one of the workspace, as a file sees it: a file or a
// folder in the folder of the file, in one above it, or in src.
func ownModule(v View, file, top string) bool {
	for _, dir := range append(FoldersAbove(file), "src") {
		at := path.Join(dir, top)
		if Has(v, at+".py") || Has(v, at+".pyi") {
			return true
		}
		i, _ := slices.BinarySearch(v.Paths(), at+"/")
		if i < len(v.Paths()) && strings.HasPrefix(v.Paths()[i], at+"/") {
			return true
		}
	}
	return false
}

// wasModule reports whether the workspace had a top-level module that is deleted, or that a change removes which is
// checked before it is made.
func wasModule(v View, top string) bool {
	return slices.ContainsFunc(goneFiles(v), func(p string) bool {
		names := strings.Split(strings.TrimSuffix(strings.TrimSuffix(p, path.Ext(p)), "/__init__"), "/")
		return strings.HasPrefix(path.Ext(p), ".py") && slices.Contains(names, top)
	})
}

// distributions maps modules to the packages that have them, where the names differ.
var distributions = map[string]string{
	"Crypto": "pycryptodome", "MySQLdb": "mysqlclient", "OpenSSL": "pyopenssl", "PIL": "pillow", "attr": "attrs",
	"bs4": "beautifulsoup4", "cv2": "opencv-python", "dateutil": "python-dateutil", "docx": "python-docx",
	"dotenv": "python-dotenv", "fitz": "pymupdf", "git": "gitpython", "github": "pygithub",
	"google.protobuf": "protobuf",
	"jose":            "python-jose", "jwt": "pyjwt", "ldap": "python-ldap", "magic": "python-magic", "nacl": "pynacl",
	"pkg_resources": "setuptools", "serial": "pyserial", "skimage": "scikit-image", "sklearn": "scikit-learn",
	"slugify": "python-slugify", "socks": "pysocks", "usb": "pyusb", "websocket": "websocket-client",
	"win32api": "pywin32", "win32con": "pywin32", "yaml": "pyyaml", "zmq": "pyzmq",
}

// namespaces are the modules that many packages share, each of which is named after the module in it.
var namespaces = NameSet(
	"azure azure.ai azure.keyvault azure.mgmt azure.storage backports collective flufl google google.cloud jaraco " +
		"logilab paste ruamel sphinxcontrib zope",
)

// distribution returns the package that provides a module, such as pillow for PIL; a module that is not in
// [distributions] is taken for a package of its first name, or of its first names if it is in a namespace.
func distribution(module string) string {
	for name := module; ; {
		if d := distributions[name]; d != "" {
			return d
		}
		cut := strings.LastIndexByte(name, '.')
		if cut < 0 || namespaces()[name[:cut]] {
			return strings.ReplaceAll(name, ".", "-")
		}
		name = name[:cut]
	}
}

// pythonRequirement says where a package is declared, and how it is installed.
type pythonRequirement struct {
	file, fix string
	line      int
}

// pythonLocks are the lock files of tools that install what a project declares.
var pythonLocks = []struct{ lock, command string }{
	{"uv.lock", "uv sync"},
	{"poetry.lock", "poetry install"},
	{"pdm.lock", "pdm install"},
	{"Pipfile.lock", "pipenv sync --dev"},
	{"Pipfile", "pipenv install --dev"},
}

// declaredForPython returns where the manifests above a file declare a package, the nearest first.
func declaredForPython(v View, file, name string) pythonRequirement {
	type key struct{ dir, name string }
	return v.Memoize(key{path.Dir(file), name}, func() any {
		return nearestRequirement(v, file, name)
	}).(pythonRequirement)
}

// nearestRequirement is [declaredForPython] without memory.
func nearestRequirement(v View, file, name string) (r pythonRequirement) {
	for _, dir := range FoldersAbove(file) {
		r = declaredIn(v, dir, name)
		if r.file == "" {
			continue
		}
		for _, above := range FoldersAbove(path.Join(dir, "x")) {
			for _, l := range pythonLocks {
				if Has(v, path.Join(above, l.lock)) {
					r.fix = inFolder(above, l.command)
					return r
				}
			}
		}
		r.fix = inFolder(dir, r.fix)
		return r
	}
	return pythonRequirement{}
}

// declaredIn returns where the manifests in a folder declare a package.
func declaredIn(v View, dir, name string) pythonRequirement {
	lists := requirementsOf(v, path.Join(dir, "pyproject.toml"))
	for _, group := range slices.Backward(slices.Sorted(maps.Keys(lists))) { // "project" first
		if !slices.ContainsFunc(lists[group], func(r string) bool { return isRequirementOf(r, name) }) {
			continue
		}
		fix := "pip install -e ."
		if extra, ok := strings.CutPrefix(group, "extra "); ok {
			fix = "pip install -e '.[" + extra + "]'"
		} else if named, ok := strings.CutPrefix(group, "group "); ok {
			fix = "pip install --group " + named
		}
		return requirementAt(v, path.Join(dir, "pyproject.toml"), name, fix)
	}
	for _, file := range pythonManifestsIn(v)[dir] {
		fix := "pip install -e ."
		if path.Ext(file) == ".txt" {
			fix = "pip install -r " + path.Base(file)
		}
		if r := requirementAt(v, file, name, fix); r.file != "" {
			return r
		}
	}
	return pythonRequirement{}
}

// pythonManifestsIn maps folders to the files in them that may declare packages in plain lines.
func pythonManifestsIn(v View) map[string][]string {
	type key struct{}
	return v.Memoize(key{}, func() any {
		found := map[string][]string{}
		for _, file := range v.Paths() {
			base := path.Base(file)
			isList := strings.HasPrefix(base, "requirements") && path.Ext(base) == ".txt"
			if isList || slices.Contains([]string{"setup.py", "setup.cfg", "Pipfile", "pyproject.toml"}, base) {
				found[path.Dir(file)] = append(found[path.Dir(file)], file)
			}
		}
		return found
	}).(map[string][]string)
}

// requirementsOf returns the lists of requirements of a pyproject.toml: "project", "extra NAME" and
// "group NAME".
func requirementsOf(v View, file string) map[string][]string {
	raw := ContentOf(v, file)
	var p struct {
		Project struct {
			Dependencies []string            `toml:"dependencies"`
			Optional     map[string][]string `toml:"optional-dependencies"`
		} `toml:"project"`
		Groups map[string][]any `toml:"dependency-groups"`
	}
	if raw == nil || manifest.DecodeTOML(raw, &p) != nil {
		return nil
	}
	lists := map[string][]string{"project": p.Project.Dependencies}
	for name, list := range p.Project.Optional {
		lists["extra "+name] = list
	}
	for name, list := range p.Groups {
		for _, one := range list {
			if s, ok := one.(string); ok {
				lists["group "+name] = append(lists["group "+name], s)
			}
		}
	}
	return lists
}

// requirementWord matches what may be a requirement in a line of a manifest: a name, and what follows a
// name in one.
var requirementWord = lazyregexp.New(`[A-Za-z0-9][A-Za-z0-9._-]*`)

// requirementAt returns the first line of a manifest that names a package; the zero value for none.
func requirementAt(v View, file, name, fix string) pythonRequirement {
	n := 0
	for line := range strings.SplitSeq(string(ContentOf(v, file)), "\n") {
		line, _, _ = strings.Cut(line, "#")
		for _, word := range requirementWord.FindAllString(line, -1) {
			if isRequirementOf(word, name) {
				return pythonRequirement{file: file, line: n, fix: fix}
			}
		}
		n++
	}
	return pythonRequirement{}
}

// isRequirementOf reports whether a requirement is one of a package (PEP 508), whose names differ in case and in
// separators at most.
func isRequirementOf(requirement, name string) bool {
	plain := func(s string) string {
		return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(s))
	}
	return plain(requirementWord.FindString(requirement)) == plain(name)
}

// standardModules are the modules of Python's standard library, also those that newer or older versions lack. They are
// those of typeshed, without the private ones, and those that have no types.
var standardModules = NameSet(`
	__future__ __main__ _thread abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore
	atexit audioop base64 bdb binascii binhex bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code
	codecs codeop collections colorsys compileall compression concurrent configparser contextlib contextvars copy
	copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings
	ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc
	genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr
	imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap
	marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path
	numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib
	poplib posix posixpath pprint profile profiling pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue
	quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil
	signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat
	statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib
	tempfile termios test textwrap this threading time timeit tkinter token tokenize tomllib trace traceback
	tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref
	webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo`)
