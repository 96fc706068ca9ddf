package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// NotRead is an entry of not-read.json: an input that the account did not give to who wrote the export.
type NotRead struct {
	// Input is one of notReadInputs, and Why a sentence without its end ("lambda:ListTags was denied in us-east-1").
	Input, Why string
}

// notReadInputs are the kinds of file, and what is in them of several calls.
var notReadInputs = []string{
	"iam", "functions", "tags", "state", "runtime-management", "event-source-mappings", "capacity-providers", "invoke-configs", "function-urls", "aliases", "function-policies", "scps", "rcps",
}

// readNotRead reads why inputs are missing.
func readNotRead(f *file) (take, error) {
	var in struct{ NotRead []NotRead }
	if err := f.decode(&in); err != nil {
		return nil, err
	}
	for i, n := range in.NotRead {
		if !slices.Contains(notReadInputs, n.Input) {
			return nil, fmt.Errorf("%s: field NotRead[%d].Input: %q is not one of %s", f.path, i, n.Input, strings.Join(notReadInputs, ", "))
		}
		if n.Why == "" {
			return nil, fmt.Errorf("%s: field NotRead[%d].Why: it is empty, expected the reason", f.path, i)
		}
	}
	return func(r *reading) error {
		for _, n := range in.NotRead {
			r.notRead[n.Input] = append(r.notRead[n.Input], n.Why)
		}
		return nil
	}, nil
}

// because adds to why an input is missing what not-read.json says of it. No reason stays none.
func (r *reading) because(input, why string) string {
	if reasons := r.notRead[input]; why != "" && len(reasons) > 0 {
		return why + ": " + strings.Join(reasons, "; ")
	}
	return why
}

// explained is a value with the reason that not-read.json has for it where it is unknown.
func explained[T any](r *reading, input string, m role.Maybe[T]) role.Maybe[T] {
	if m.State() == role.Unknown {
		return role.NotRead[T](role.NotExported(r.because(input, m.Why())))
	}
	return m
}

// cutShort says which page is missing of a Region's functions; empty where every Region's list ends.
func (r *reading) cutShort() string {
	var open []string
	for _, region := range slices.Sorted(maps.Keys(r.functionPages)) {
		if of := r.functionPages[region]; len(of.truncated) == of.files {
			open = append(open, of.truncated[0])
		}
	}
	if len(open) <= r.emptyEnds {
		return ""
	}
	return "functions: " + open[0] + " is cut short (NextMarker) and its other pages are missing"
}
