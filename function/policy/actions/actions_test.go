package actions

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/policy/actions/internal/format"
)

// TestTheFileIsSmallAndWhole reads the embedded file, whose size and content it bounds from both sides.
func TestTheFileIsSmallAndWhole(t *testing.T) {
	if len(embedded) > 300<<10 {
		t.Errorf("the file has %d bytes, more than 300 KiB", len(embedded))
	}
	names := Names()
	if len(names) < 20_000 || len(Services()) < 400 {
		t.Errorf("%d actions of %d services are too few", len(names), len(Services()))
	}
	if !slices.IsSortedFunc(names, func(a, b string) int {
		x, _, _ := strings.Cut(a, ":")
		y, _, _ := strings.Cut(b, ":")
		if x != y {
			return compareFold(x, y)
		}
		return compareFold(a, b)
	}) {
		t.Error("the names are not sorted")
	}
	levels := map[Level]int{}
	for _, name := range names {
		a, ok := Lookup(strings.ToUpper(name))
		if !ok || a.String() != name {
			t.Fatalf("%s is looked up as %v", name, a)
		}
		levels[a.Level]++
	}
	for _, l := range []Level{Read, List, Write, Tagging, PermissionsManagement} {
		if levels[l] < 100 {
			t.Errorf("%d actions of level %v are too few", levels[l], l)
		}
	}
	t.Logf("%s: %d bytes, %d actions, %v", Source(), len(embedded), len(names), levels)
}

func TestLookup(t *testing.T) {
	for _, tc := range []struct {
		name     string
		level    Level
		onlyStar bool
		arn      string
	}{
		{"s3:GetObject", Read, false, "arn:${Partition}:s3:::${BucketName}/${ObjectName}"},
		{"ec2:DescribeInstances", List, true, ""},
		{"iam:PassRole", Write, false, "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"},
		{"lambda:InvokeFunction", Write, false, "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}"},
		{"iam:AttachRolePolicy", PermissionsManagement, false, ""},
		{"lambda:TagResource", Tagging, false, ""},
	} {
		a, ok := Lookup(tc.name)
		if !ok || a.Level != tc.level || a.OnlyStar() != tc.onlyStar {
			t.Errorf("%s: %v, level %v, only star %v", tc.name, ok, a.Level, a.OnlyStar())
		}
		if tc.arn != "" && !slices.ContainsFunc(a.ResourceTypes, func(r ResourceType) bool { return r.ARN == tc.arn }) {
			t.Errorf("%s takes %v", tc.name, a.ResourceTypes)
		}
	}
	for _, name := range []string{"", ":", "s3", "s3:", ":GetObject", "s3:GetObjec", "nosuch:Thing", "s3:Get*"} {
		if a, ok := Lookup(name); ok {
			t.Errorf("%q is looked up as %v", name, a)
		}
	}
}

func TestService(t *testing.T) {
	list, ok := Service("SQS")
	if !ok || !slices.ContainsFunc(list, func(a Action) bool { return a.Name == "SendMessage" && a.ResourceTypes[0].Required }) {
		t.Errorf("%v", list)
	}
	if _, ok := Service("nosuch"); ok {
		t.Error("a service that is none is known")
	}
}

func TestKey(t *testing.T) {
	for _, tc := range []struct {
		name          string
		kind          KeyType
		multi, always bool
	}{
		{"aws:securetransport", Bool, false, true},
		{"AWS:TagKeys", String, true, false},
		{"aws:RequestTag/team", String, false, false},
		{"s3:ExistingObjectTag/owner", String, false, false},
		{"kms:EncryptionContext:app", String, false, false},
		{"s3:max-keys", Numeric, false, false},
		{"iam:PassedToService", String, false, false},
		{"aws:SourceArn", ARN, false, false},
		{"s3:RequestObjectTagKeys", String, true, false},
	} {
		k, ok := Key(tc.name)
		if !ok || k.Type != tc.kind || k.Multi != tc.multi || k.Always != tc.always {
			t.Errorf("%s: %v %+v", tc.name, ok, k)
		}
	}
	for _, name := range []string{"", "nosuch", "nosuch:key", "nosuch:key/x", "token.actions.githubusercontent.com:sub"} {
		if k, ok := Key(name); ok {
			t.Errorf("%q is %+v", name, k)
		}
	}
}

// naive is the obvious matcher.
func naive(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	if pattern[0] == '*' {
		return naive(pattern[1:], text) || text != "" && naive(pattern, text[1:])
	}
	return text != "" && (pattern[0] == '?' || strings.EqualFold(pattern[:1], text[:1])) && naive(pattern[1:], text[1:])
}

func TestExpandAgreesWithTheNaiveMatcher(t *testing.T) {
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SampledFrom(Names()).Draw(t, "name")
		pattern := []byte(base)
		for range rapid.IntRange(0, 3).Draw(t, "wildcards") {
			at := rapid.IntRange(0, len(pattern)-1).Draw(t, "at")
			if pattern[at] == ':' {
				continue
			}
			pattern[at] = rapid.SampledFrom([]byte("*?")).Draw(t, "wildcard")
		}
		prefix, name, _ := strings.Cut(string(pattern), ":")
		var want []string
		for _, n := range Names() {
			p, a, _ := strings.Cut(n, ":")
			if naive(prefix, p) && naive(name, a) {
				want = append(want, n)
			}
		}
		if got := ExpandNames(string(pattern)); !slices.Equal(got, want) {
			t.Fatalf("%s: %v, naively %v", pattern, got, want)
		}
		found += len(want)
	})
	if found == 0 {
		t.Error("nothing was found")
	}
	if n := len(Expand("*")); n != len(Names()) {
		t.Errorf("everything is %d", n)
	}
	for _, pattern := range []string{"", "s3", "s3:", ":*", "s3:a:*"} {
		if got := Expand(pattern); len(got) > 0 {
			t.Errorf("%q covers %v", pattern, got)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, _, err := format.Decode(embedded); err != nil {
			b.Fatal(err)
		}
	}
}
