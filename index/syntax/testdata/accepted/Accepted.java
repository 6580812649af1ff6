import com.sun.source.util.JavacTask;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.StringWriter;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;

/** Prints the files that javac parses. Usage: java Accepted.java < paths */
class Accepted {
    public static void main(String[] args) throws Exception {
        var javac = ToolProvider.getSystemJavaCompiler();
        var files = javac.getStandardFileManager(null, null, null);
        var paths = new BufferedReader(new InputStreamReader(System.in));
        for (var path = paths.readLine(); path != null; path = paths.readLine()) {
            var found = new DiagnosticCollector<JavaFileObject>();
            var task = (JavacTask) javac.getTask(
                    new StringWriter(), files, found, null, null, files.getJavaFileObjects(path));
            task.parse().forEach(unit -> {});
            if (found.getDiagnostics().stream().noneMatch(d -> d.getKind() == Diagnostic.Kind.ERROR)) {
                System.out.println(path);
            }
        }
    }
}
