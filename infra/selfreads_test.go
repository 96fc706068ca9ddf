package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What package awsself calls is what the function may do of its own deployment, one for one.
func TestEveryCallOfTheSelfCheckIsPermittedAndNothingElse(t *testing.T) {
	dir := filepath.Join("..", "function", "internal", "awsself")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile(`"((?:[a-z]+):(?:Describe|Get|List|Tag)[A-Za-z]+)"`)
	var calls, permitted []string
	for _, f := range files {
		if strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			calls = append(calls, m[1])
		}
	}
	for _, p := range slices.Concat(selfReads, canaryWrites) {
		permitted = append(permitted, p.Action)
	}
	// What the function reads of the account in any case needs no row of its own.
	calls = slices.DeleteFunc(calls, func(c string) bool {
		return !slices.Contains(permitted, c) && slices.ContainsFunc(permissions, func(p permission) bool { return p.Action == c })
	})
	slices.Sort(calls)
	slices.Sort(permitted)
	calls, permitted = slices.Compact(calls), slices.Compact(permitted)
	if len(calls) < 10 || !slices.Equal(calls, permitted) {
		t.Errorf("called %v\npermitted %v", calls, permitted)
	}
}
