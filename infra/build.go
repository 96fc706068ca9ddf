package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const functionPackage = "github.com/rolewatch/rolewatch/function"

// goArchitectures translates Lambda's words into Go's.
var goArchitectures = map[string]string{"arm64": "arm64", "x86_64": "amd64"}

// buildFunction builds the function into a new folder, as the bootstrap that provided.al2023 starts, and gives the
// folder. The same source gives the same bytes: neither paths nor the state of the checkout go in. So the asset's hash,
// which is that of its content, changes only when the function does, and nothing new means no deployment.
func buildFunction(architecture string) (string, error) {
	dir, err := os.MkdirTemp("", "rolewatch-function-")
	if err != nil {
		return "", fmt.Errorf("build function: %w", err)
	}
	// The tag leaves out the remote procedure calls that only the go1.x runtime needs.
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags=-s -w",
		"-o", filepath.Join(dir, "bootstrap"), functionPackage)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+goArchitectures[architecture], "GOFLAGS=")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		_ = os.RemoveAll(dir)
		return "", fmt.Errorf("build function: %w", err)
	}
	return dir, nil
}
