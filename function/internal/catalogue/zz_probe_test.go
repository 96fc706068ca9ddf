package catalogue_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

func TestZZProbe(t *testing.T) {
	files, _ := filepath.Glob("/tmp/probe/*.txtar")
	for _, f := range files {
		b, _ := os.ReadFile(f)
		c, err := parseCase(txtar.Parse(b))
		if err != nil { fmt.Println(f, err); continue }
		fmt.Println("=====", filepath.Base(f))
		fmt.Println(render(check.Run(catalogue.Checks(), c.subject(t))))
	}
}
