package catalogue_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
)

// judgedFile holds how each case was judged under a revision of the catalogue: a hash of what the case gives the checks, and one
// of which findings they have and cannot decide.
const judgedFile = "testdata/judged.txt"

func shortHash(lines []string) string {
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:6])
}

// given is a hash of a case without what is expected of it.
func (s scenario) given() string {
	var parts []string
	for name, text := range s.content.sections {
		if name != "want" && name != "silent" {
			parts = append(parts, name+"\x00"+text)
		}
	}
	slices.Sort(parts)
	return shortHash(append(parts, s.id[:3]))
}

// judged is a hash of the findings that a case expects, by check, severity and key, and of those that are undecided. Texts may
// change: a finding of a role that did not change is not another one because of them.
func (s scenario) judged() string {
	var lines []string
	for line := range strings.Lines(s.content.sections["want"]) {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "\t") {
			continue
		}
		if strings.HasPrefix(line, "undecided ") {
			line, _, _ = strings.Cut(line, ": ")
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	slices.Sort(lines)
	return shortHash(lines)
}

// readJudged gives the revision and the cases that a file holds.
func readJudged(text string) (revision int, cases map[string]string, err error) {
	first, rest, _ := strings.Cut(text, "\n")
	if _, err := fmt.Sscanf(first, "revision %d", &revision); err != nil {
		return 0, nil, fmt.Errorf("read %q: %w", first, err)
	}
	cases = map[string]string{}
	for line := range strings.Lines(rest) {
		given, judged, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			return 0, nil, fmt.Errorf("read %q: not two hashes", line)
		}
		cases[given] = judged
	}
	return revision, cases, nil
}

// otherwise lists the cases that are judged in another way than they were.
func otherwise(before, now map[string]string) []string {
	var out []string
	for given, judged := range now {
		if was, known := before[given]; known && was != judged {
			out = append(out, given)
		}
	}
	slices.Sort(out)
	return out
}

// TestTheRevisionIsRaisedWhenAJudgementChanges compares how cases are judged with how they were under this revision. A case that
// is new, or gives the checks something else, proves nothing.
func TestTheRevisionIsRaisedWhenAJudgementChanges(t *testing.T) {
	text, err := os.ReadFile(judgedFile)
	if err != nil {
		t.Fatal(err)
	}
	revision, before, err := readJudged(string(text))
	if err != nil {
		t.Fatal(err)
	}
	now, names := map[string]string{}, map[string]string{}
	for _, s := range scenarios(t) {
		now[s.given()], names[s.given()] = s.judged(), s.name()
	}
	changed := otherwise(before, now)
	if revision == catalogue.Revision && len(changed) > 0 {
		t.Fatalf("%d cases are judged otherwise, %s for one: raise catalogue.Revision, and run this test with -update", len(changed), names[changed[0]])
	}
	if *update {
		lines := []string{fmt.Sprintf("revision %d", catalogue.Revision)}
		for _, given := range slices.Sorted(maps.Keys(now)) {
			lines = append(lines, given+" "+now[given])
		}
		if err := os.WriteFile(judgedFile, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if revision != catalogue.Revision {
		t.Fatalf("%s is of revision %d, the catalogue of %d: run this test with -update", judgedFile, revision, catalogue.Revision)
	}
	held := 0
	for given := range now {
		if _, known := before[given]; known {
			held++
		}
	}
	if held < len(now)/2 || held < 100 {
		t.Fatalf("only %d of %d cases are known: run this test with -update", held, len(now))
	}
	t.Logf("%d of %d cases are judged as under revision %d", held, len(now), revision)
}

// TestAnotherJudgementIsSeen changes one judgement, one text and one input.
func TestAnotherJudgementIsSeen(t *testing.T) {
	all := scenarios(t)
	i := slices.IndexFunc(all, func(s scenario) bool { return strings.Contains(s.content.sections["want"], "\ttitle: ") })
	if i < 0 {
		t.Fatal("no case has a finding")
	}
	s := all[i]
	was := map[string]string{s.given(): s.judged()}
	with := func(section, old, new string) map[string]string {
		changed := *s.content
		changed.sections = maps.Clone(s.content.sections)
		if changed.sections[section] = strings.Replace(changed.sections[section], old, new, 1); changed.sections[section] == s.content.sections[section] {
			t.Fatalf("%s: %s has no %q", s.name(), section, old)
		}
		c := scenario{id: s.id, content: &changed}
		return map[string]string{c.given(): c.judged()}
	}
	if n := len(otherwise(was, with("want", "\ttitle: ", "\ttitle: another "))); n != 0 {
		t.Error("another text is taken for another judgement")
	}
	if n := len(otherwise(was, with("want", s.id, "RW999"))); n != 1 {
		t.Error("another check is not seen")
	}
}

// TestTheVersionIsOfWhatJudges holds that versions differ with each field that bears on findings, and with nothing else.
func TestTheVersionIsOfWhatJudges(t *testing.T) {
	checks := catalogue.Checks()
	usual := catalogue.Version(checks)
	held := 0
	for _, c := range []struct {
		name   string
		change func(i int)
		same   bool
	}{
		{"nothing", func(int) {}, true},
		{"title", func(i int) { checks[i].Title = "another" }, true},
		{"fix", func(i int) { checks[i].Fix = "another" }, true},
		{"severity", func(i int) { checks[i].Severity++ }, false},
		{"ID", func(i int) { checks[i].ID = "RW999" }, false},
		{"settling", func(i int) { checks[i].Settles = !checks[i].Settles }, false},
		{"facts", func(i int) { checks[i].Reads = checks[i].Reads[1:] }, false},
	} {
		own := *checks[0]
		kept := checks[0]
		checks[0] = &own
		c.change(0)
		if got := catalogue.Version(checks); (got == usual) != c.same {
			t.Errorf("another %s: version %s, was %s", c.name, got, usual)
		}
		checks[0] = kept
		held++
	}
	t.Logf("%d changes", held)
}
