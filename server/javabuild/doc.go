// Package javabuild finds out how the Java code of a workspace is compiled, and describes that to JDT LS: which folders
// are source roots, which modules there are, and which of them see which.
//
// No build tool is run, because builds of Maven and Gradle execute code of the repository. Source roots follow from the
// package declarations of the files. Modules are the folders with a pom.xml or a build script of Gradle; of these files
// only the names of other modules are read. Where there is no build, all source roots
// belong to one project.
//
// [Files] writes what JDT LS reads: a project of Eclipse for each [Project], whose source folders are links to those of
// the workspace. They are to be written to a folder outside of the workspace, which JDT LS gets in place of the
// workspace: it looks for no build, settings or projects in the workspace then, and writes nothing there.
package javabuild
