package role

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

const (
	lambdaARN  = "arn:aws:lambda:us-east-1:111122223333:function:checkout"
	managedARN = "arn:aws:iam::111122223333:policy/team/read"
)

var everyPart = []struct {
	part Part
	kind PartKind
	text string
}{
	{PartTrust, Trust, "trust"}, {InlinePart("read"), Inline, "inline:read"}, {InlinePart("a:b c"), Inline, "inline:a:b c"},
	{ManagedPart(managedARN), Managed, managedARN}, {PartBoundary, Boundary, "boundary"}, {PartItself, Itself, "role"},
	{PartTags, Tags, "tags"}, {PartRefusal, Refusal, "refusal"}, {FunctionPart(lambdaARN), OfFunction, "function:" + lambdaARN},
	{SCPPart("p-1"), SCP, "scp:p-1"}, {RCPPart("p-2"), RCP, "rcp:p-2"}, {PartsInline, InlineList, "inline:"}, {PartsAttached, AttachedList, "attached"},
}

func TestPartsComeBackFromTheirText(t *testing.T) {
	kinds := map[PartKind]bool{}
	for _, tt := range everyPart {
		if tt.part.String() != tt.text || tt.part.Kind() != tt.kind {
			t.Errorf("the part is %q of kind %d, want %q of kind %d", tt.part, tt.part.Kind(), tt.text, tt.kind)
		}
		written := map[Part][]Part{tt.part: {tt.part}}
		text, err := json.Marshal(written)
		if want := `{"` + tt.text + `":["` + tt.text + `"]}`; err != nil || string(text) != want {
			t.Errorf("written as %s, %v, want %s", text, err, want)
		}
		var got map[Part][]Part
		if err := json.Unmarshal(text, &got); err != nil || len(got[tt.part]) != 1 || got[tt.part][0] != tt.part {
			t.Errorf("%s is read as %v, %v", text, got, err)
		}
		kinds[tt.kind] = true
	}
	for kind := Trust; kind <= AttachedList; kind++ {
		if !kinds[kind] {
			t.Errorf("no part of kind %d was read", kind)
		}
	}
	t.Logf("read %d parts", len(everyPart))
}

func TestWhatIsNotAPartIsRefused(t *testing.T) {
	for _, text := range []string{"", "Trust", "trusty", "inline", "function:", "scp:", "rcp:", "policy", "role/orders", " boundary"} {
		if p, err := ParsePart(text); err == nil || p != "" || !strings.Contains(err.Error(), `"`+text+`" is not a part of a role`) {
			t.Errorf("%q is read as %q, %v", text, p, err)
		}
	}
	var state struct {
		Parts map[Part]int `json:"parts"`
	}
	if err := json.Unmarshal([]byte(`{"parts":{"trust":1,"truts":2}}`), &state); err == nil || !strings.Contains(err.Error(), `"truts" is not a part of a role`) {
		t.Errorf("a state with a part that is none is read: %v", err)
	}
}

func TestWhatAPartIsTheNameOf(t *testing.T) {
	for _, tt := range everyPart {
		name, inline := tt.part.InlineName()
		id, rcp := tt.part.RCPID()
		if inline != (tt.kind == Inline) || inline && InlinePart(name) != tt.part || rcp != (tt.kind == RCP) || rcp && RCPPart(id) != tt.part {
			t.Errorf("%q names the inline policy %q, %v, and the resource control policy %q, %v", tt.part, name, inline, id, rcp)
		}
		if in := tt.part.In(PartsInline); in != (tt.kind == Inline || tt.kind == InlineList) {
			t.Errorf("%q is an inline policy: %v", tt.part, in)
		}
		if in := tt.part.In(PartsAttached); in != (tt.kind == Managed || tt.kind == AttachedList) {
			t.Errorf("%q is an attached policy: %v", tt.part, in)
		}
		if !tt.part.In(tt.part) {
			t.Errorf("%q is not in itself", tt.part)
		}
	}
}

func FuzzParsePart(f *testing.F) {
	for _, tt := range everyPart {
		f.Add(tt.text)
	}
	f.Add("")
	f.Add("inline")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePart(text)
		if (err == nil) != (Part(text).Kind() != NoPart) {
			t.Fatalf("%q is of kind %d, and %v", text, Part(text).Kind(), err)
		}
		if err != nil {
			return
		}
		if p.String() != text {
			t.Fatalf("%q is written as %q", text, p)
		}
		if name, ok := p.InlineName(); ok && InlinePart(name) != p {
			t.Fatalf("%q names %q", text, name)
		}
		if id, ok := p.RCPID(); ok && RCPPart(id) != p {
			t.Fatalf("%q names %q", text, id)
		}
		if !p.In(p) {
			t.Fatalf("%q is not in itself", text)
		}
	})
}
