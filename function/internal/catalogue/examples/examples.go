// Package examples shows each check by what makes it fire and what does not: policies and configurations, short enough to
// be read. They are files of this folder; a test of package catalogue judges each by its check, in the surroundings that
// stand in the same file.
package examples

import (
	"embed"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:embed *.txtar
var files embed.FS

// Example shows one check.
type Example struct {
	// Given says in a sentence or two what Bad and Good are, and what is around them.
	Given string
	// Bad makes the check fire, Good does not: JSON both.
	Bad, Good string
}

var all = sync.OnceValue(func() map[string]Example {
	read, err := load()
	if err != nil {
		panic(err) // The files are part of the program.
	}
	return read
})

func load() (map[string]Example, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("read examples: %w", err)
	}
	out := map[string]Example{}
	for _, entry := range entries {
		text, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read examples: %w", err)
		}
		archive := txtar.Parse(text)
		e := Example{Given: strings.TrimSpace(string(archive.Comment))}
		for _, f := range archive.Files {
			switch f.Name {
			case "bad":
				e.Bad = strings.TrimSpace(string(f.Data))
			case "good":
				e.Good = strings.TrimSpace(string(f.Data))
			}
		}
		out[strings.TrimSuffix(entry.Name(), path.Ext(entry.Name()))] = e
	}
	return out, nil
}

// Of gives the example of a check, by its ID.
func Of(id string) (Example, bool) {
	e, ok := all()[id]
	return e, ok
}
