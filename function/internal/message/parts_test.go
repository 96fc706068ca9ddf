package message

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Machines receive every finding of a commit, whole, whatever it is that is many or long: in messages below what SNS takes, with one
// changeId.
func TestPartsOmitNothing(t *testing.T) {
	mixed := crowd(30, 3, 2000, "word ")
	mixed.Changed, mixed.Resolved, mixed.Opened = mixed.Opened[:10], mixed.Opened[10:20], mixed.Opened[20:]
	slice := crowd(50, 2, 6000, `"<\`)
	slice.Slice, slice.Slices, slice.ChangeID = 3, 100, "change"
	inputs := map[string]Input{
		"one": crowd(1, 1, 100, "x"), "a few": crowd(5, 2, 100, "word "), "many": crowd(5000, 1, 40, "x"), "long texts": crowd(50, 1, 10_000, "word "),
		"escapes": crowd(50, 10, 2000, "\x01\""), "many functions": crowd(50, 100, 100, "x"), "of three kinds": mixed, "of a slice": slice,
	}
	for name, in := range inputs {
		t.Run(name, func(t *testing.T) {
			parts := Parts(in)
			seen, ids := map[string]int{}, map[string]bool{}
			for i, m := range parts {
				r := Render(m, Options{Machines: true})
				checkRendered(t, r)
				var back Message
				if err := json.Unmarshal([]byte(r.Machine), &back); err != nil {
					t.Fatal(err)
				}
				for kind, list := range map[string][]finding.Finding{"opened": back.Opened, "changed": back.Changed, "resolved": back.Resolved} {
					for _, f := range list {
						seen[kind+" "+f.ID]++
						if f.Fix.Document == "" || len(f.Functions) != f.FunctionsTotal {
							t.Errorf("%s of part %d is cut", f.ID, i)
						}
					}
				}
				for what, n := range back.Omitted {
					if what != "changes" && n > 0 {
						t.Errorf("part %d omits %d %s", i, n, what)
					}
				}
				if ids[back.ID] || size(r) > 256_000 {
					t.Errorf("part %d has the ID %s and %d bytes", i, back.ID, size(r))
				}
				ids[back.ID] = true
				number, of := back.Slice, back.Slices
				if in.Slices > 0 {
					number, of = back.Part, back.Parts
				}
				if len(parts) > 1 && (number != i+1 || of != len(parts) || back.ChangeID != changeOf(in)) || len(parts) == 1 && (of != 0 || back.ChangeID != in.ChangeID) {
					t.Errorf("part %d of %d: %d of %d, change %q, slice %d of %d", i+1, len(parts), number, of, back.ChangeID, back.Slice, back.Slices)
				}
			}
			if len(seen) != len(in.Opened)+len(in.Changed)+len(in.Resolved) {
				t.Errorf("%d of %d findings", len(seen), len(in.Opened)+len(in.Changed)+len(in.Resolved))
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("%s is there %d times", id, n)
				}
			}
			t.Logf("%d findings in %d messages", len(seen), len(parts))
		})
	}
}

func changeOf(in Input) string {
	if in.ChangeID != "" {
		return in.ChangeID
	}
	return in.ID
}

// A finding that is too large for a message of its own is cut, and all others are whole.
func TestOneFindingThatIsTooLarge(t *testing.T) {
	in := crowd(20, 1, 100, "x")
	in.Opened[7].Fix.Document = fmt.Sprintf("%0300000d", 1)
	in.Opened[7].Severity = check.Low
	cut := 0
	for _, m := range Parts(in) {
		for _, f := range m.Opened {
			if f.Fix.Document == "" {
				cut++
				if f.ID != in.Opened[7].ID || m.Omitted["text"] != 1 {
					t.Errorf("%s is cut, omitted %v", f.ID, m.Omitted)
				}
			}
		}
	}
	if cut != 1 {
		t.Errorf("%d findings are cut", cut)
	}
}

// The first part of a commit has the ID of the commit, and the others a number after it.
func TestTheIDsOfParts(t *testing.T) {
	in := Input{ID: "m"}
	for i := range 3 {
		f := caused(fmt.Sprintf("r%d", i), "", "")
		f.Detail = strings.Repeat("long ", sizeLimit/10)
		in.Opened = append(in.Opened, f)
	}
	var ids []string
	for _, m := range Parts(in) {
		ids = append(ids, m.ID)
	}
	if want := []string{"m", "m-2", "m-3"}; !slices.Equal(ids, want) {
		t.Errorf("%q, want %q", ids, want)
	}
}
