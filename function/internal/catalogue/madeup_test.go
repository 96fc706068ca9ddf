package catalogue_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// TestNoMadeUpNameIsReported judges every case of who can get into a role or a function. The names that its questions make up say
// nothing to a reader.
func TestNoMadeUpNameIsReported(t *testing.T) {
	judged := 0
	for _, s := range scenarios(t) {
		if !strings.HasPrefix(s.id, "RW4") {
			continue
		}
		judged++
		text := render(ofFamily(check.Run(catalogue.Checks(), s.content.subject(t)), s.id))
		for _, name := range []string{"rolewatch-", "rolewatchown", "ZZZZZ"} {
			if strings.Contains(text, name) {
				t.Errorf("%s: a text has %q:\n%s", s.file, name, text)
			}
		}
	}
	if judged == 0 {
		t.Fatal("no case was judged")
	}
}
