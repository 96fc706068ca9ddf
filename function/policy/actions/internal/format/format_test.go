package format

import (
	"bytes"
	"compress/zlib"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sample has each thing that the format knows, in order.
func sample() Catalogue {
	return Catalogue{
		Source: "sample 1",
		Keys:   []Key{{Name: "aws:TagKeys", Type: 1, Multi: true}, {Name: "Box:Size", Type: 4}},
		Services: []Service{
			{
				Prefix: "box", Title: "Amazon Box",
				Types: []ResourceType{
					{Name: "box", ARNs: []string{"arn:${Partition}:box:::${Name}"}, Keys: []string{"aws:TagKeys"}},
					{Name: "lid", ARNs: []string{"arn:${Partition}:box:::a/${Name}", "arn:${Partition}:box:::b/${Name}"}},
				},
				Actions: []Action{
					{Name: "CloseBox", Level: 3, Resources: []Reference{{Type: 0, Required: true}, {Type: 1, Keys: []string{"Box:Size"}}}},
					{Name: "ListBoxes", Level: 2, Keys: []string{"aws:TagKeys", "Box:Size"}},
					{Name: "OpenBox", Level: 3, Resources: []Reference{{Type: 0, Required: true}, {Type: 1, Keys: []string{"Box:Size"}}}},
				},
			},
			{Prefix: "empty"},
		},
	}
}

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	data, err := Encode(sample())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), got); diff != "" {
		t.Error(diff)
	}
	list := got.Services[0].Actions
	if &list[0].Resources[0] != &list[2].Resources[0] {
		t.Error("equal lists of resources are not shared")
	}
	again, err := Encode(got)
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("encoding it again gives other bytes: %v", err)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*Catalogue)
		want  string
	}{
		"a service twice":         {func(c *Catalogue) { c.Services[1].Prefix = "box" }, `service "box" is out of order`},
		"a key twice":             {func(c *Catalogue) { c.Keys[1].Name = "AWS:tagkeys" }, `condition key "AWS:tagkeys" is out of order`},
		"an unknown key":          {func(c *Catalogue) { c.Services[0].Actions[1].Keys[0] = "no:Key" }, `condition key "no:Key" is not in the table`},
		"a type out of range":     {func(c *Catalogue) { c.Services[0].Actions[0].Resources[0].Type = 2 }, "box:CloseBox takes a resource type"},
		"actions out of order":    {func(c *Catalogue) { c.Services[0].Actions[0].Name = "Z" }, "box:ListBoxes is out of order"},
		"types out of order":      {func(c *Catalogue) { c.Services[0].Types[0].Name = "z" }, `resource type "lid" of box is out of order`},
		"a level that is none":    {func(c *Catalogue) { c.Services[0].Actions[0].Level = 200 }, "box:CloseBox has no level"},
		"a key type that is none": {func(c *Catalogue) { c.Keys[0].Type = 200 }, `condition key "aws:TagKeys" has no type`},
		"a line break":            {func(c *Catalogue) { c.Services[0].Title = "a\nb" }, `"a\nb" holds a tab or a line break`},
	} {
		c := sample()
		tc.spoil(&c)
		if _, err := Encode(c); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func rawSample(t interface{ Fatal(...any) }) []byte {
	data, err := Encode(sample())
	if err != nil {
		t.Fatal(err)
	}
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestCutDataGivesErrors cuts the decompressed data at every place, which the checksum of zlib would hide.
func TestCutDataGivesErrors(t *testing.T) {
	raw := rawSample(t)
	for n := range raw {
		if _, err := decode(raw[:n]); err == nil {
			t.Errorf("%d of %d bytes are decoded", n, len(raw))
		}
	}
	if _, err := decode(append(raw, 0)); err == nil {
		t.Error("a byte too many is decoded")
	}
	if _, err := Decode(nil); err == nil {
		t.Error("no data are decoded")
	}
}

// TestChangedDataNeverPanics changes bytes of the decompressed data. What is still decoded is whole: every action's
// resources are types of its service.
func TestChangedDataNeverPanics(t *testing.T) {
	raw := rawSample(t)
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		changed := bytes.Clone(raw)
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			changed[rapid.IntRange(0, len(raw)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		c, err := decode(changed)
		if err != nil {
			refused++
			return
		}
		checkWhole(t, c)
	})
	if refused == 0 {
		t.Error("no change was refused")
	}
}

func checkWhole(t interface{ Errorf(string, ...any) }, c Catalogue) {
	for _, k := range c.Keys {
		if int(k.Type) >= len(KeyTypes) {
			t.Errorf("key %q has type %d", k.Name, k.Type)
		}
	}
	for _, s := range c.Services {
		for _, a := range s.Actions {
			if int(a.Level) >= len(Levels) {
				t.Errorf("%s:%s has level %d", s.Prefix, a.Name, a.Level)
			}
			for _, r := range a.Resources {
				if r.Type < 0 || r.Type >= len(s.Types) {
					t.Errorf("%s:%s takes type %d of %d", s.Prefix, a.Name, r.Type, len(s.Types))
				}
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	raw := rawSample(f)
	f.Add(raw)
	f.Add(raw[:len(raw)/2])
	f.Add([]byte(magic + "\x01\x01\xff\xff\xff\x07"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := decode(data); err == nil {
			checkWhole(t, c)
		}
		if c, err := Decode(data); err == nil {
			checkWhole(t, c)
		}
	})
}
