package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// The command line reads from the list which permissions a deployed function needs.
func TestThePermissionsAreListedForTheCommandLine(t *testing.T) {
	var b strings.Builder
	for _, p := range allPermissions() {
		b.WriteString(string(p.Resource) + " " + p.Action + "\n")
	}
	file := filepath.Join("..", "function", "deploy", "permissions.txt")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != b.String() {
		t.Errorf("%s is stale (%v): go test ./infra -run Permissions -update", file, err)
	}
	if n := len(deploy.Permissions()); n < 30 {
		t.Errorf("%d permissions are listed", n)
	}
}
