package toolchain

// ask runs a program of the user and decodes its JSON output into v. The error is [exec.ErrNotFound] if PATH does not
// have the program; otherwise it contains what the program printed as errors.
type ask func(v any, argv ...string) error

// goEnv is the part of the go command's environment that lanser needs ('go help env').
type goEnv struct{ GOROOT, GOMODCACHE, GOVERSION, GOPATH, GOENV string }

// askGo asks the go command for its environment.
func askGo(ask ask) (env goEnv, err error) {
	err = ask(&env, "go", "env", "-json", "GOROOT", "GOMODCACHE", "GOVERSION", "GOPATH", "GOENV")
	return env, err
}

// pythonEnv is the information about a Python interpreter that lanser needs.
type pythonEnv struct {
	Version         string
	Stdlib, Purelib string   // folders of its library and of installed packages (sysconfig)
	Reads           []string // files and folders that it reads
}

const pythonScript = `import json,platform,site,sys,sysconfig as s;print(json.dumps({` +
	`"Version":platform.python_version(),"Stdlib":s.get_path("stdlib"),"Purelib":s.get_path("purelib"),` +
	`"Reads":[sys.prefix,sys.base_prefix,sys.executable,site.getusersitepackages()]+site.getsitepackages()}))`

// askPython asks the first of the interpreters that works; "" is skipped. The interpreter runs in
// isolated mode (-I): it loads no code from the current folder or because of the user's variables.
func askPython(ask ask, interpreters ...string) (env pythonEnv, ok bool) {
	for _, python := range interpreters {
		if python != "" && ask(&env, python, "-I", "-c", pythonScript) == nil {
			return env, true
		}
	}
	return pythonEnv{}, false
}
