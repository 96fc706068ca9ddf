package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/rolewatch/rolewatch/function/settings"
)

const functionPackage = "github.com/rolewatch/rolewatch/function"

// goArchitectures translates Lambda's words into Go's.
var goArchitectures = map[string]string{"arm64": "arm64", "x86_64": "amd64"}

// functionFolder makes a new folder with what is deployed as the function: the bootstrap, which is built unless there is a
// folder with a ready one, and the rules that are too long for its environment. Whoever asked removes it.
func functionFolder(ready string, set settings.Stack) (string, error) {
	dir, err := os.MkdirTemp("", "rolewatch-function-")
	if err != nil {
		return "", fmt.Errorf("build function: %w", err)
	}
	if ready == "" {
		err = buildFunction(filepath.Join(dir, "bootstrap"), set.Architecture)
	} else {
		err = os.CopyFS(dir, os.DirFS(ready))
	}
	if rules, ok := set.File(); ok && err == nil {
		err = os.WriteFile(filepath.Join(dir, settings.RulesFile), rules, 0o644)
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return "", fmt.Errorf("build function: %w", err)
	}
	return dir, nil
}

// buildFunction builds the bootstrap that provided.al2023 starts. The same source gives the same bytes: neither paths nor
// the state of the checkout go in. So the asset's hash, which is that of its content, changes only when the function or its
// rules do, and nothing new means no deployment.
func buildFunction(bootstrap, architecture string) error {
	return buildCommand(bootstrap, architecture).Run()
}

func buildCommand(bootstrap, architecture string) *exec.Cmd {
	// The tag leaves out the remote procedure calls that only the go1.x runtime needs.
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags=-s -w", "-o", bootstrap, functionPackage)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+goArchitectures[architecture], "GOFLAGS=")
	cmd.Stderr = os.Stderr
	return cmd
}
