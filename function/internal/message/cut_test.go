package message

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Of the records the newest are kept, and those that findings name before all others; what is left out is counted.
func TestWhichRecordsAreKept(t *testing.T) {
	m := Message{Opened: []finding.Finding{caused("x", "e1", "trust"), caused("y", "e3", "trust")}}
	for i := range 6 {
		m.Changes = append(m.Changes, finding.Change{EventID: fmt.Sprintf("e%d", i)})
	}
	for limit, want := range map[int]string{0: "", 1: "e3", 2: "e1 e3", 3: "e1 e3 e5", 5: "e1 e2 e3 e4 e5", 6: "e0 e1 e2 e3 e4 e5", unlimited: "e0 e1 e2 e3 e4 e5"} {
		c := cutter{limits: limits{changes: limit, detail: unlimited, name: unlimited}, omitted: map[string]int{}}
		var ids []string
		for _, ch := range c.changes(m) {
			ids = append(ids, ch.EventID)
		}
		if got := strings.Join(ids, " "); got != want || c.omitted["changes"] != 6-len(ids) {
			t.Errorf("%d: %q and %d omitted, want %q", limit, got, c.omitted["changes"], want)
		}
	}
}

// A message that has more findings than fit keeps the worst, whatever became of them, and counts the others.
func TestMoreFindingsThanFit(t *testing.T) {
	long := func(n int) (list []finding.Finding) {
		for i := range n {
			f := caused(fmt.Sprintf("r%03d", i), "", "")
			f.Title = strings.Repeat("long ", 500)
			list = append(list, f)
		}
		return list
	}
	for name, in := range map[string]Input{
		"opened":   {Opened: long(700)},
		"changed":  {Changed: long(700)},
		"resolved": {Resolved: long(700)},
	} {
		in.ID, in.Channels = "m", []Channel{Chat}
		m := Build(in)
		kept := len(m.Opened) + len(m.Changed) + len(m.Resolved)
		if kept < 10 || kept == 700 || m.Omitted[name] != 700-kept || !fits(m, in.Channels) {
			t.Errorf("%s: %d are kept, %d omitted", name, kept, m.Omitted[name])
		}
	}
}

// Names stay whole but for a message that nothing else makes small enough: it keeps its finding.
func TestANameIsCutLast(t *testing.T) {
	f := caused("x", "", "")
	f.Slug = strings.Repeat("s", sizeLimit)
	f.Owners = make([]finding.Owner, finding.MaxOwners+3)
	for i := range f.Owners {
		f.Owners[i] = finding.Owner{Tag: "team", Value: fmt.Sprint(i)}
	}
	m := Build(Input{ID: "m", Opened: []finding.Finding{f}, Channels: []Channel{Chat}})
	if len(m.Opened) != 1 || !fits(m, []Channel{Chat}) || len(m.Opened[0].Slug) > 260 {
		t.Fatalf("%d findings are kept", len(m.Opened))
	}
	if o := m.Opened[0]; len(o.Owners) != finding.MaxOwners || o.OwnersOmitted != 3 || m.Omitted["text"] != 3+1 {
		t.Errorf("%d owners, %d omitted, and %d texts were cut", len(o.Owners), o.OwnersOmitted, m.Omitted["text"])
	}
}

// However long the findings of a message are, its text in chat is within the limit of Slack, or that of its first finding alone.
func TestATextInChatIsWithinItsLimit(t *testing.T) {
	tried := 0
	for n := 20; n < 700; n += 7 {
		var list []finding.Finding
		for i := range 12 {
			f := caused(fmt.Sprintf("r%02d", i), "", "")
			f.Check, f.Detail = fmt.Sprintf("RW3%02d", i), strings.Repeat("word ", n/5)
			list = append(list, f)
		}
		m := assemble(Input{ID: "m", Account: "111122223333", Opened: list})
		var got notification
		if err := json.Unmarshal([]byte(chat(m)[0]), &got); err != nil {
			t.Fatal(err)
		}
		text := got.Content.Description
		if len(text) > chatDescription {
			t.Errorf("details of %d characters: %d bytes", n, len(text))
		}
		if strings.Contains(text, "more in the e-mail") {
			tried++
		}
	}
	if tried < 20 {
		t.Errorf("%d texts were cut", tried)
	}
}

// A piece of JSON is an object, an array, or a member of an object with its value. Nothing else is, and no search for one goes on for ever.
func TestWhatAPieceOfJSONIs(t *testing.T) {
	for text, want := range map[string]bool{
		`{"a": 1}`: true, `["a", 1]`: true, `"Action": "*"`: true, `"Principal": {}`: true, `"Principal": []`: true,
		`{}`: false, `[]`: false, `"word"`: false, `{"a": `: false, `"Action": `: false, `"Action": {"a": `: false, `word`: false, ``: false,
	} {
		if got := isDocument(text); got != want {
			t.Errorf("%s is a piece of JSON: %v", text, got)
		}
	}
	for n, want := range map[int]bool{quotesTried - 1: true, quotesTried: false} {
		list := pieces(strings.Repeat("[x ", n) + `{"a": 1}`)
		if got := slices.ContainsFunc(list, func(p piece) bool { return p.document }); got != want {
			t.Errorf("after %d places where none begins, a piece is found: %v", n, got)
		}
	}
}

// However long the lines of a digest are, its text in chat is within the limit of Slack.
func TestADigestInChatIsWithinItsLimit(t *testing.T) {
	cut := 0
	for n := 10; n < 200; n += 3 {
		var all []DigestStep
		for i := range maxFolds {
			for _, s := range steps(fmt.Sprintf("r%02d", i), "opened") {
				s.Finding.Check, s.Finding.Title = fmt.Sprintf("RW3%02d", i), strings.Repeat("word ", n/5)
				all = append(all, s)
			}
		}
		m, _ := BuildDigest(DigestInput{ID: "d", Entries: DigestEntries("111122223333", all, nil)})
		text := m.digestNotification().Content.Description
		if len(text) > chatDescription {
			t.Errorf("titles of %d characters: %d bytes", n, len(text))
		}
		if strings.Contains(text, "_Cut: ") {
			cut++
		}
	}
	if cut < 20 {
		t.Errorf("%d texts were cut", cut)
	}
}

// A page takes what fills it to the last byte.
func TestAPageIsFilledToTheLastByte(t *testing.T) {
	p := &page{limit: 8}
	p.raw("abc")
	for part, want := range map[string]bool{"": true, "1234": true, "12345": true, "123456": false} {
		if got := p.room(part); got != want {
			t.Errorf("there is room for %q: %v", part, got)
		}
	}
}

// Lines are joined as long as they fit, with what is between them.
func TestLinesAreCutWhereTheyEnd(t *testing.T) {
	for limit, want := range map[int]bool{9: true, 8: false} {
		if got := cutLines([]string{"", "aaaa", "", "bbbb"}, limit); (got == "aaaa\nbbbb") != want || !strings.HasPrefix(got, "aaaa\n") {
			t.Errorf("%d: %q", limit, got)
		}
	}
}
