package beneath

// Stamp identifies a version of a file by its metadata, without reading it. If two stamps differ, the file was written
// in between. If they are equal, the content is the same, unless the file changed twice within the resolution of its
// times.
type Stamp struct {
	Size  int64  // bytes
	MTime int64  // of the last change of the content, ns since 1970
	CTime int64  // of the last change of the content or the metadata, ns since 1970; 0 where a system has none
	Inode uint64 // 0 where a system has none
}

// LinkedStamp is a stamp with the number of the file's hard links and its executable bit.
type LinkedStamp struct {
	Stamp
	Links      uint64
	Executable bool // its owner may execute the file
}
