package main

import (
	"bytes"
	"debug/elf"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// machines are those of the binaries for Lambda's architectures.
var machines = map[string]elf.Machine{"arm64": elf.EM_AARCH64, "x86_64": elf.EM_X86_64}

// The function is built twice the same. It is built for this machine, as other tests do.
func TestFunctionIsBuiltTheSameTwice(t *testing.T) {
	architecture := "x86_64"
	if runtime.GOARCH == "arm64" {
		architecture = "arm64"
	}
	var built [][]byte
	for range 2 {
		file := filepath.Join(t.TempDir(), "bootstrap")
		if err := buildFunction(file, architecture); err != nil {
			t.Fatal(err)
		}
		binary, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		built = append(built, binary)
	}
	if file, err := elf.NewFile(bytes.NewReader(built[0])); err != nil || file.Machine != machines[architecture] {
		t.Errorf("the header is % x: %v", built[0][:20], err)
	}
	if !bytes.Equal(built[0], built[1]) {
		t.Error("two builds differ")
	}
}

// What is built is for the architecture that was set: here an empty program, whose packages are few.
func TestFunctionIsBuiltForItsArchitecture(t *testing.T) {
	program := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(program, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for architecture, machine := range machines {
		file := filepath.Join(t.TempDir(), "bootstrap")
		cmd := buildCommand(file, architecture)
		cmd.Args[len(cmd.Args)-1] = program
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		built, err := elf.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if built.Machine != machine {
			t.Errorf("%s: it is built for %s, want %s", architecture, built.Machine, machine)
		}
		built.Close()
	}
	if len(machines) != len(goArchitectures) {
		t.Errorf("of %d architectures %d were built", len(goArchitectures), len(machines))
	}
}
