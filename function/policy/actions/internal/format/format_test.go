package format

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var sample = []Service{
	{
		Prefix: "abc", Name: "A service",
		Keys:          []Key{{"abc:One", "String"}, {"abc:Two", "ArrayOfARN"}, {"aws:TagKeys", ""}, {"abc:Four", "Bool"}},
		ResourceTypes: []ResourceType{{Name: "thing", ARN: "arn:${Partition}:abc:::${Thing}", Keys: []int{0, 1, 2}}, {Name: "other", ARN: "x"}},
		Actions: []Action{
			{Name: "Do", Level: 'w', ResourceTypes: []int{0, 1}, Required: []int{1}, Keys: []int{0, 1, 2, 3}},
			{Name: "See", Level: 'r', Keys: []int{1, 3}},
		},
	},
	{Prefix: "def", Name: "Nothing"},
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	data, err := Encode("somewhere 1.2.3", sample)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Encode("somewhere 1.2.3", sample)
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("the same services give other bytes (%v)", err)
	}
	source, services, err := Decode(data)
	if err != nil || source != "somewhere 1.2.3" {
		t.Fatalf("%q, %v", source, err)
	}
	if diff := cmp.Diff(sample, services); diff != "" {
		t.Error(diff)
	}
}

func TestALineBreakInANameIsRefused(t *testing.T) {
	if _, err := Encode("x", []Service{{Prefix: "a\nb"}}); err == nil {
		t.Error("it was written")
	}
}

func TestWhatIsBrokenIsAnError(t *testing.T) {
	whole, err := Encode("x", sample)
	if err != nil {
		t.Fatal(err)
	}
	broken := 0
	for cut := range whole {
		if _, _, err := Decode(whole[:cut]); err == nil {
			t.Errorf("cut at %d of %d it is read", cut, len(whole))
		}
		broken++
	}
	for name, services := range map[string][]Service{
		"a place too far": {{Prefix: "a", Actions: []Action{{Name: "B", Level: 'r', Keys: []int{0}}}}},
	} {
		data, err := Encode("x", services)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := Decode(data); err == nil || !strings.Contains(err.Error(), "line 4") {
			t.Errorf("%s: %v", name, err)
		}
		broken++
	}
	if broken < 100 {
		t.Errorf("only %d were tried", broken)
	}
}

func FuzzDecode(f *testing.F) {
	data, err := Encode("x", sample)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		source, services, err := Decode(data)
		if err != nil {
			return
		}
		if _, err := Encode(source, services); err != nil && !strings.Contains(err.Error(), "line break") {
			t.Fatal(err)
		}
	})
}
