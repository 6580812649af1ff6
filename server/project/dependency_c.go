package project

import (
	"path"
	"slices"
	"strings"
	"sync"

	"lanser/selectors/lazyregexp"
)

// MissingHeaderCode is clang's code for an include that it cannot find.
const MissingHeaderCode = "pp_file_not_found"

// missingHeader is clang's message for an include that it cannot find.
var missingHeader = lazyregexp.New(`'([^'\n]+)' file not found`)

// CDependency is [catalogue.Server.dependency] of clangd: a header of a library. A name in quotes without a folder,
// or below a folder of the workspace, is one of the project's own headers, and a name that is almost that
// of a standard header is a mistake.
func CDependency(v View, file, code, message string) *Dependency {
	m := missingHeader.FindStringSubmatch(message)
	if code != MissingHeaderCode || m == nil {
		return nil
	}
	header := m[1]
	first, _, inFolder := strings.Cut(header, "/")
	wasOwn := func(p string) bool { return p == header || strings.HasSuffix(p, "/"+header) }
	isOwn := strings.HasPrefix(header, ".") || !inFolder && isQuoted(v, file, header) ||
		slices.ContainsFunc(goneFiles(v), wasOwn)
	if isOwn || inFolder && isFolderOf(v, first) || !standardHeaders()[header] && isAlmost(header, standardHeaders()) {
		return nil
	}
	name := "<" + header + ">"
	if inFolder {
		name = "<" + first + "/…>"
	}
	return &Dependency{
		Missing: "no library with the headers " + name + " is found",
		Fix:     "install the library, or give the compiler its folder with -I",
	}
}

// isQuoted reports whether a file includes a header by a name in quotes.
func isQuoted(v View, file, header string) bool {
	for line := range strings.SplitSeq(string(ContentOf(v, file)), "\n") {
		if strings.Contains(line, "include") && strings.Contains(line, `"`+header+`"`) {
			return true
		}
	}
	return false
}

// isFolderOf reports whether the workspace has a folder with a name.
func isFolderOf(v View, name string) bool {
	type key struct{}
	names := v.Memoize(key{}, func() any {
		names := map[string]bool{}
		for _, p := range v.Paths() {
			for part := range strings.SplitSeq(path.Dir(p), "/") {
				names[part] = true
			}
		}
		return names
	}).(map[string]bool)
	return names[name]
}

// FollowsInC is the source of all findings of the compiler: it stops at an include that it cannot find,
// while clangd goes on and reports every name that the header would declare.
var FollowsInC = []string{"clang"}

// standardHeaders are the headers of the standard libraries of C and C++, and of POSIX.
var standardHeaders = NameSet(`
	assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h locale.h math.h setjmp.h signal.h
	stdalign.h stdarg.h stdatomic.h stdbit.h stdbool.h stdckdint.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h
	string.h tgmath.h threads.h time.h uchar.h wchar.h wctype.h
	aio.h cpio.h dirent.h dlfcn.h endian.h fcntl.h fmtmsg.h fnmatch.h ftw.h glob.h grp.h iconv.h langinfo.h libgen.h
	libintl.h monetary.h mqueue.h ndbm.h netdb.h nl_types.h poll.h pthread.h pwd.h regex.h sched.h search.h
	semaphore.h spawn.h strings.h syslog.h tar.h termios.h unistd.h utime.h utmpx.h wordexp.h
	arpa/inet.h net/if.h netinet/in.h netinet/tcp.h sys/ipc.h sys/mman.h sys/msg.h sys/resource.h sys/select.h
	sys/sem.h sys/shm.h sys/socket.h sys/stat.h sys/statvfs.h sys/time.h sys/times.h sys/types.h sys/uio.h sys/un.h
	sys/utsname.h sys/wait.h
	algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
	clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
	cstdio cstdlib cstring ctime cuchar cwchar cwctype debugging deque exception execution expected filesystem
	flat_map flat_set format forward_list fstream functional future generator hazard_pointer initializer_list
	inplace_vector iomanip ios iosfwd iostream istream iterator latch limits linalg list locale map mdspan memory
	memory_resource mutex
	new numbers numeric optional ostream print queue random ranges ratio rcu regex scoped_allocator semaphore set
	shared_mutex source_location span spanstream sstream stack stacktrace stdexcept stdfloat stop_token streambuf string
	string_view strstream syncstream system_error text_encoding thread tuple type_traits typeindex typeinfo
	unordered_map unordered_set utility valarray variant vector version`)

// NameSet returns a function that returns the words of a text, as a set that is made when it is first needed.
func NameSet(words string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		set := map[string]bool{}
		for w := range strings.FieldsSeq(words) {
			set[w] = true
		}
		return set
	})
}
