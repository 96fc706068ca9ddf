package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/history"
)

// withOutput adds --output to a command that prints results, and to those below it.
func withOutput(w *world, cmd *cobra.Command) *cobra.Command {
	for _, below := range cmd.Commands() {
		withOutput(w, below)
	}
	var path string
	cmd.Flags().StringVarP(&path, "output", "o", "", "write the results to `FILE`, a regular file, completely or not at all; - is the standard output")
	print := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case !cmd.Flags().Changed("output") || path == history.Stdin: // By convention, - is the standard output here.
			return print(cmd, args)
		case path == "":
			return usagef("%s: --output needs the name of a file", nameOf(cmd))
		}
		return w.printTo(path, func() error { return print(cmd, args) })
	}
	return cmd
}

// printTo runs a command whose results go to a file, whole or not at all: they are written to another file in the same
// folder, which takes the name at the end. Results without colour and width are those of a pipe.
func (w *world) printTo(path string, print func() error) error {
	file, err := createFor(path)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer file.discard()
	w.out, w.width, w.color = file, 0, false

	err = print()
	var usage usageError
	switch {
	case err == nil, errors.Is(err, errFound), errors.Is(err, errTold):
		// The command came to its end.
		if failed := file.replace(); failed != nil {
			return fmt.Errorf("write %s: %w", path, failed)
		}
		return err
	case errors.As(err, &usage):
		return err
	}
	return fmt.Errorf("%s is not written: %w", path, err)
}

// replacement is a file that is to take another one's name.
type replacement struct {
	*bufio.Writer
	file *os.File
	path string
}

// createFor creates the replacement of a file, with the file's permissions if it exists. It follows symbolic links, also to a
// file that does not exist yet, and refuses a file that may not be written, as the redirection of a shell does.
func createFor(path string) (*replacement, error) {
	before, err := os.Stat(path)
	switch {
	case err == nil && !before.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case err == nil:
		// A rename needs the permission to write the folder alone.
		err = openToWrite(path)
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err != nil {
		return nil, err
	}
	if path, err = targetOf(path); err != nil {
		return nil, err
	}
	name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".rolewatch-%016x", rand.Uint64()))
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	r := &replacement{bufio.NewWriterSize(file, 64<<10), file, path}
	if before != nil {
		if err := file.Chmod(before.Mode().Perm()); err != nil {
			r.discard()
			return nil, err
		}
	}
	return r, nil
}

// openToWrite opens an existing file for writing, without a change to it.
func openToWrite(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return file.Close()
}

// maxLinks is how many symbolic links Linux follows in one path.
const maxLinks = 40

// targetOf follows the symbolic links of a path, whether or not the last one's target exists. Its folder must exist.
func targetOf(path string) (string, error) {
	for range maxLinks {
		dir, name := filepath.Split(path)
		dir, err := filepath.EvalSymlinks(cmp.Or(dir, "."))
		if err != nil {
			return "", err
		}
		path = filepath.Join(dir, name)
		target, err := os.Readlink(path)
		switch {
		case err != nil: // It is not a link.
			return path, nil
		case filepath.IsAbs(target):
			path = target
		default:
			// Not cleaned: a ".." after a link to a folder leaves the folder that it leads to.
			path = dir + string(filepath.Separator) + target
		}
	}
	return "", errors.New("too many symbolic links")
}

// replace gives the file its name, once all of it is on the disk.
func (r *replacement) replace() error {
	for _, step := range []func() error{r.Flush, r.file.Sync, r.file.Close} {
		if err := step(); err != nil {
			return err
		}
	}
	return os.Rename(r.file.Name(), r.path)
}

// discard removes the file if it did not get its name.
func (r *replacement) discard() {
	_ = r.file.Close()
	_ = os.Remove(r.file.Name())
}
