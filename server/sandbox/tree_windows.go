package sandbox

import (
	"os"
	"os/exec"
	"unsafe"

	"golang.org/x/sys/windows"
)

// processTree is a program with what it has started: a job object that also contains the launcher. Processes that a
// member starts are members. When the last handle of the job is closed, which is that of the launcher, by whatever way
// the launcher ends, the kernel ends all members.
type processTree struct{ job windows.Handle }

// newTree puts this process into a new job. If memory is not 0, the members can commit no more than that many bytes in
// all: an allocation beyond fails. Linux limits resident memory instead.
func newTree(_ *exec.Cmd, memory int64) (processTree, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return processTree{}, os.NewSyscallError("CreateJobObject", err)
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	if memory > 0 {
		limits.BasicLimitInformation.LimitFlags |= windows.JOB_OBJECT_LIMIT_JOB_MEMORY
		limits.JobMemoryLimit = uintptr(memory)
	}
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits))); err != nil {
		return processTree{}, os.NewSyscallError("SetInformationJobObject", err)
	}
	if err := windows.AssignProcessToJobObject(job, windows.CurrentProcess()); err != nil {
		return processTree{}, os.NewSyscallError("AssignProcessToJobObject", err)
	}
	return processTree{job: job}, nil
}

// kill ends the program. The launcher ends next, and with it the job and its other members.
func (processTree) kill(program *os.Process) {
	program.Kill() // fails if it has ended
}

// exitCode returns the exit code of a program.
func exitCode(state *os.ProcessState) int { return state.ExitCode() }
