// Command generate writes the pages of docs that are made from the code: checks.md, policy-rules.md, refused-calls.md, coverage.md and
// without-events.md. It runs in the folder of package page.
package main

import (
	"fmt"
	"os"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/page"
	"github.com/rolewatch/rolewatch/function/internal/coverage"
	"github.com/rolewatch/rolewatch/function/policy/rules"
)

const docs = "../../../../docs/"

func main() {
	checks, err := page.Checks(catalogue.Checks())
	if err != nil {
		fail(err)
	}
	refusals, err := page.Refusals(aws.Refusals())
	if err != nil {
		fail(err)
	}
	covered, err := page.Coverage(coverage.Lists())
	if err != nil {
		fail(err)
	}
	err = write(map[string]string{
		"checks.md": checks, "policy-rules.md": page.Rules(rules.All()), "refused-calls.md": refusals, "coverage.md": covered,
		"without-events.md": page.WithoutEvents(events.WithoutEvents()),
	})
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "generate:", err)
	os.Exit(1)
}

func write(pages map[string]string) error {
	for name, text := range pages {
		if err := os.WriteFile(docs+name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
