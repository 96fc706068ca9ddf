package inforce_test

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
)

// TestAnExceptionMayNameTheFormerID excepts from RW304 under the ID that it had in an earlier release, in each way that there is.
func TestAnExceptionMayNameTheFormerID(t *testing.T) {
	all := checks()
	all[1].Formerly = []check.Former{{Check: "RW350"}}
	list := inforce.Exceptions{List: []check.Exception{{Checks: []string{"RW350"}, Tag: "accepted", Reason: "r", Until: day("2026-03-02")}}}
	held := 0
	for name, c := range map[string]struct {
		exceptions inforce.Exceptions
		tags       map[string]string
		spared     string
	}{
		"the settings name it":              {list, map[string]string{"accepted": ""}, "RW304"},
		"the tag names it":                  {inforce.Exceptions{ByTag: []string{"RW304"}}, map[string]string{inforce.ExceptionTag: "RW350 until 2026-03-02 r"}, "RW304"},
		"the list of tags' checks names it": {inforce.Exceptions{ByTag: []string{"RW350"}}, map[string]string{inforce.ExceptionTag: "RW304 until 2026-03-02 r"}, "RW304"},
		"no tag":                            {list, nil, ""},
		"another former ID":                 {inforce.Exceptions{ByTag: []string{"RW304"}}, map[string]string{inforce.ExceptionTag: "RW351 until 2026-03-02 r"}, ""},
	} {
		j := inforce.New(all, inforce.Rules{Only: []string{"RW304"}, Exceptions: c.exceptions}).Judge(subject(c.tags, nil))
		if got := spared(j.Excepted); got != c.spared || j.Spares("RW304", "") != (c.spared != "") {
			t.Errorf("%s: spared %q, want %q", name, got, c.spared)
		}
		held++
	}
	t.Logf("%d exceptions", held)
}
