package reach_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/reach"
)

// TestNamesInPicturesAreText draws names that would be markup: what reads the picture sees the same lines as with harmless ones.
func TestNamesInPicturesAreText(t *testing.T) {
	for _, name := range []string{`<img src=x onerror=alert(1)>`, "a\"]; click n0 \"javascript:alert(1)\"", "`<b>`", "&lt;script&gt;", "#quot;", "a\nb", "a\\\"b"} {
		d := &reach.Drawing{
			Boxes:  []reach.Box{{Name: name}, {Name: "admin", Administrator: name}},
			Arrows: []reach.Arrow{{From: 0, To: 1, Label: name}},
		}
		mermaid := d.Mermaid()
		if lines := strings.Count(mermaid, "\n"); lines != 4 || strings.Count(mermaid, `"`) != 6 || strings.ContainsAny(strings.ReplaceAll(mermaid, "-.->", ""), "<>`&") {
			t.Errorf("Mermaid of %q:\n%s", name, mermaid)
		}
		dot := d.Dot()
		quotes := strings.Count(dot, `"`) - strings.Count(dot, `\"`)
		if lines := strings.Count(dot, "\n"); lines != 7 || quotes != 6 {
			t.Errorf("dot of %q has %d lines and %d quotes:\n%s", name, lines, quotes, dot)
		}
	}
}
