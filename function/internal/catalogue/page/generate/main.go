// Command generate writes docs/checks.md; it runs in the folder of package page.
package main

import (
	"fmt"
	"os"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/page"
)

const file = "../../../../docs/checks.md"

func main() {
	text, err := page.Checks(catalogue.Checks())
	if err == nil {
		err = os.WriteFile(file, []byte(text), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
