package settings

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// FuzzFromFile reads settings: what is taken survives the way to the function as it is.
func FuzzFromFile(f *testing.F) {
	documentation, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		f.Fatal(err)
	}
	for i, rest := range strings.Split(string(documentation), "```json\n") {
		if example, _, ok := strings.Cut(rest, "```"); ok && i > 0 {
			f.Add([]byte(example))
		}
	}
	for _, text := range []string{
		`{}`, `{"checks":{"RW304":"off","RW109":{"severity":"high"}}}`, `{"checks":["RW5"]}`, `{"context":{"rolewatch":{}}}`, `[`, `null`,
		`{"organization":{"id":"o-abcdefghij","managementAccount":"111122223333"},"trustedAccounts":["444455556666"],"layerAccounts":[]}`,
		`{"never":[{"action":["iam:*"],"resource":"*"}],"tagExceptions":{"role":["RW308"]}}`,
		`{"exceptions":[{"checks":["RW304"],"role":"x*","until":"2026-12-31","reason":"r"}]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := FromFile(text, known)
		if err != nil {
			return
		}
		back, err := unpack(rules.pack(), fileOf(rules), known)
		if diff := cmp.Diff(rules, back); err != nil || diff != "" {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
		rules.Warnings(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
		rules.InForce(known)
		rules.Parameters()
	})
}
