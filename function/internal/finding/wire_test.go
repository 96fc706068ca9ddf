package finding

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// stored is what a state of the last release holds of parts: each kind is there.
const stored = `{"schema":1,"catalogue":"c","arn":"arn:aws:iam::111122223333:role/orders","exists":true,"lambdaCouldAssume":true,"parts":{` +
	`"arn:aws:iam::aws:policy/ReadOnlyAccess":{"hash":"a"},"boundary":{"hash":"b"},"inline:logs":{"hash":"c"},"role":{"hash":"d"},"tags":{"hash":"e"},"trust":{"hash":"f"}},` +
	`"unread":["inline:","attached","trust"],"findings":[{"severity":"high","parts":["function:arn:aws:lambda:us-east-1:111122223333:function:checkout","rcp:p-1","refusal","scp:p-2"]}]}`

func TestPartsOfAStateAreReadAndWrittenAsTheyWere(t *testing.T) {
	var s, again State
	if err := json.Unmarshal([]byte(stored), &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Parts) != 6 || len(s.Unread) != 3 || len(s.Findings) != 1 || len(s.Findings[0].Parts) != 4 {
		t.Fatalf("read as %+v", s)
	}
	text, err := json.Marshal(s, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{`"arn:aws:iam::aws:policy/ReadOnlyAccess":{`, `"inline:logs":{`, `"role":{`, `"unread":["inline:","attached","trust"]`,
		`"parts":["function:arn:aws:lambda:us-east-1:111122223333:function:checkout","rcp:p-1","refusal","scp:p-2"]`} {
		if !strings.Contains(string(text), name) {
			t.Errorf("written without %s: %s", name, text)
		}
	}
	if err := json.Unmarshal(text, &again); err != nil {
		t.Error(err)
	}
}

func TestAStateWithWhatIsNoPartIsRefused(t *testing.T) {
	refused := 0
	for _, change := range [][2]string{{`"boundary":`, `"boundry":`}, {`"attached"`, `"attach"`}, {`"scp:p-2"`, `"p-2"`}} {
		text := strings.Replace(stored, change[0], change[1], 1)
		var s State
		if err := json.Unmarshal([]byte(text), &s); text == stored || err == nil || !strings.Contains(err.Error(), "is not a part of a role") {
			t.Errorf("with %s: %v", change[1], err)
		}
		refused++
	}
	t.Logf("refused %d states", refused)
}

// Two states say the same of a role whenever it was observed, and not where anything else differs.
func TestWhatTwoStatesSay(t *testing.T) {
	read := func() *State {
		s := &State{}
		if err := json.Unmarshal([]byte(stored), s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	later := read()
	if later.LookedAt = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC); !later.Same(read()) || !read().Same(later) || later.LookedAt.IsZero() {
		t.Error("a state that was observed later says something else")
	}
	for name, change := range map[string]func(*State){
		"role gone": func(s *State) { s.Exists = false }, "part": func(s *State) { s.Parts["trust"] = PartState{Hash: "g"} },
		"finding": func(s *State) { s.Findings[0].Revision++ }, "newest change": func(s *State) { s.Newest = later.LookedAt },
	} {
		s := read()
		if change(s); s.Same(read()) {
			t.Errorf("%s: it says the same", name)
		}
	}
}

// TestAMemberOfALaterReleaseIsLeftOut holds that a release which is installed again reads what a later one has stored.
func TestAMemberOfALaterReleaseIsLeftOut(t *testing.T) {
	read := 0
	for _, text := range []string{
		strings.Replace(stored, `"schema":1,`, `"schema":1,"later":{"a":[1]},`, 1), strings.Replace(stored, `"severity":"high",`, `"severity":"high","later":true,`, 1),
	} {
		var s State
		if err := json.Unmarshal([]byte(text), &s); text == stored || err != nil || len(s.Parts) != 6 || len(s.Findings) != 1 {
			t.Errorf("read as %+v, %v", s, err)
		}
		read++
	}
	var tally Tally
	if err := json.Unmarshal([]byte(`{"opened":1,"changed":0,"resolved":2,"roles":3,"later":1,"gravest":[{"id":"a","severity":"low","later":""}]}`), &tally); err != nil || tally.Roles != 3 {
		t.Errorf("read as %+v, %v", tally, err)
	}
	t.Logf("%d states", read)
}
