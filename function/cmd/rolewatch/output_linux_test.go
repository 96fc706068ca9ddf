package main

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// TestOutputKeepsAFileThatMayNotBeWritten has a file without the permission to write it, in a folder that may be written.
func TestOutputKeepsAFileThatMayNotBeWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := errors.Join(os.Chmod(".", 0o777), os.WriteFile("out.txt", []byte("before"), 0o444)); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		// Root may write every file, so this thread reads and writes files as nobody.
		const nobody = 65534
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := syscall.Setfsuid(nobody); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = syscall.Setfsuid(0) }()
	}
	if err := os.WriteFile("writable", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	w := world{now: time.Now}
	if err := w.printTo("out.txt", func() error { return writeText(w.out, "new") }); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v, want no permission", err)
	}
	if text, err := os.ReadFile("out.txt"); err != nil || string(text) != "before" {
		t.Errorf("the file has %q: %v", text, err)
	}
	w = world{now: time.Now}
	if err := w.printTo("writable", func() error { return writeText(w.out, "new") }); err != nil {
		t.Errorf("a file that may be written: %v", err)
	}
}
