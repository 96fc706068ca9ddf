package policy

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const wholePolicy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`

// TestTextsThatAreNoPolicy gives no document, and one violation that says where the text stops being one.
func TestTextsThatAreNoPolicy(t *testing.T) {
	tests := []struct {
		name, src    string
		line, column int
		rule         int
		message      string
	}{
		{"nothing", "", 1, 1, 0, "empty"},
		{"white space", " \n\t\r\n ", 3, 2, 0, "empty"},
		{"null", "null", 1, 1, 0, "a policy is a JSON object, not null"},
		{"a list", "\n [" + wholePolicy + "]", 2, 2, 0, "a policy is a JSON object, not a list"},
		{"a string", `"{}"`, 1, 1, 0, "a policy is a JSON object, not a string"},
		{"a number", "1", 1, 1, 0, "a policy is a JSON object, not a number"},
		{"a word", "policy", 1, 1, 0, "not JSON"},
		{"a comma too many", "{\"Version\":\"2012-10-17\",\n \"Statement\":[],}", 2, 16, 0, "not JSON"},
		{"a comment", "{\n  // all of it\n  \"Statement\": []}", 2, 3, 0, "not JSON"},
		{"single quotes", "{'Statement':[]}", 1, 2, 0, "not JSON"},
		{"a bad escape", `{"Statement":"\x"}`, 1, 15, 0, "not JSON"},
		{"cut off", wholePolicy[:40], 1, 41, 0, "ends too early"},
		{"cut off in a list", "{\"Statement\":[\n", 2, 1, 0, "ends too early"},
		{"a fault before the cut is not told", `{"Nothing":1,"Statement"`, 1, 25, 0, "ends too early"},
		{"text after it", wholePolicy + "\n" + wholePolicy, 2, 1, 0, "more text follows"},
		{"a brace after it", wholePolicy + "}", 1, len(wholePolicy) + 1, 0, "more text follows"},
		{"a byte order mark", "\xef\xbb\xbf" + wholePolicy, 1, 1, 10, "byte order mark"},
		{"Latin-1", "{\n\"Id\":\"caf\xe9\"}", 2, 10, 10, "UTF-8"},
		{"UTF-16", "{\x00\"\x00\xff\xfe", 1, 5, 10, "UTF-8"},
		{"half a surrogate in UTF-8", "{\"Id\":\"\xed\xa0\x80\"}", 1, 8, 10, "UTF-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := Parse([]byte(test.src), Identity)
			var fault *ParseError
			if d != nil || !errors.As(err, &fault) || len(fault.Violations) != 1 {
				t.Fatalf("document %v, error %v", d, err)
			}
			v := fault.Violations[0]
			if v.Line != test.line || v.Column != test.column || v.Rule != test.rule || !strings.Contains(v.Message, test.message) {
				t.Errorf("got %+v, want line %d, column %d, rule %d, %q", v, test.line, test.column, test.rule, test.message)
			}
			var one Violation
			if !errors.As(err, &one) || one != v {
				t.Errorf("the violation is not to be had from the error: %v", err)
			}
			if !strings.HasPrefix(err.Error(), fmt.Sprintf("parse policy: line %d, column %d: ", test.line, test.column)) {
				t.Errorf("the error reads %q", err)
			}
		})
	}
}

// TestEscapesThatAreNoCharacter pins rule 10: JSON allows half a surrogate pair, Unicode does not.
func TestEscapesThatAreNoCharacter(t *testing.T) {
	d, err := Parse([]byte(strings.Replace(wholePolicy, "s3:*", `s3:\ud83dGet`, 1)), Identity)
	if d == nil || len(d.Violations) != 1 || d.Violations[0].Rule != 10 {
		t.Fatalf("document %v, error %v", d, err)
	}
	if got := d.Statements[0].Actions[0].Text; got != "s3:\ufffdGet" {
		t.Errorf("the action reads %q", got)
	}
	d, err = Parse([]byte(strings.Replace(wholePolicy, "s3:*", `s3:\ud83d\ude00é\/\u0041`, 1)), Identity)
	if err != nil || d.Statements[0].Actions[0].Text != "s3:😀é/A" {
		t.Errorf("document %v, error %v", d, err)
	}
}

// TestSize pins rule 9 as far as Parse goes: it knows no quota, and stops at its own limit.
func TestSize(t *testing.T) {
	padded := wholePolicy + strings.Repeat(" ", maxSource-len(wholePolicy))
	if d, err := Parse([]byte(padded), Identity); err != nil || string(d.Source()) != padded {
		t.Errorf("refused at the limit: %v", err)
	}
	d, err := Parse([]byte(padded+"\n"), Identity)
	var v Violation
	if d != nil || !errors.As(err, &v) || v.Rule != 0 || v.Offset != maxSource || !strings.Contains(v.Message, "1048577 bytes") {
		t.Errorf("taken above the limit: %v", err)
	}
}

// nested is a policy with a value so many levels deep.
func nested(levels int, open, close string) []byte {
	value := strings.Repeat(open, levels) + "1" + strings.Repeat(close, levels)
	return []byte(strings.TrimSuffix(wholePolicy, "}") + `,"deep":` + value + "}")
}

func TestDepth(t *testing.T) {
	for _, levels := range []int{maxDepth, 100, 9_999} {
		for _, brackets := range [][2]string{{"[", "]"}, {`{"a":`, "}"}, {`[{"a":`, "}]"}} {
			d, err := Parse(nested(levels/len(brackets[1]), brackets[0], brackets[1]), Identity)
			if d == nil || len(d.Statements) != 1 {
				t.Fatalf("%d levels of %s: no document: %v", levels, brackets[0], err)
			}
			deep := 0
			for _, v := range d.Violations {
				if v.Rule == 0 && strings.Contains(v.Message, "deeper than 20 levels") {
					deep++
				}
			}
			if deep != 1 {
				t.Errorf("%d levels of %s: %v", levels, brackets[0], err)
			}
		}
	}
	for _, levels := range []int{10_000, 200_000} {
		d, err := Parse(nested(levels, "[", "]"), Identity)
		var v Violation
		if d != nil || !errors.As(err, &v) || v.Rule != 0 || v.Line != 1 {
			t.Errorf("%d levels: document %v, error %v", levels, d, err)
		}
	}
	if _, err := Parse(nested(maxDepth-1, "[", "]"), Identity); strings.Contains(fmt.Sprint(err), "deeper") {
		t.Errorf("%d levels: %v", maxDepth, err)
	}
}

// manyNames is a policy with so many condition keys; where distinct is false, some of them differ only in case.
func manyNames(number int, distinct bool) []byte {
	keys := make([]string, number)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"k%d":1`, i)
	}
	if !distinct {
		keys[10], keys[40], keys[number-1] = `"\u212Aelvin":1`, `"kelvin":1`, `"K3":1`
	}
	return []byte(strings.TrimSuffix(wholePolicy, "}}") + `,"Condition":{"StringEquals":{` + strings.Join(keys, ",") + `}}}}`)
}

// TestManyNames holds that a name which stands twice is found in a large object wherever it stands.
func TestManyNames(t *testing.T) {
	d, err := Parse(manyNames(50_000, false), Identity)
	if d == nil || len(d.Statements[0].Conditions) != 50_000 {
		t.Fatalf("document %v, error %.200v", d, err)
	}
	var told []string
	for _, v := range d.Violations {
		told = append(told, fmt.Sprintf("%d %s", v.Rule, v.Message))
	}
	want := []string{`2 "\u212Aelvin" and "kelvin" differ only in case`, `2 "k3" and "K3" differ only in case`}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", told, want)
	}
}

// TestManyViolations holds that a document that is nothing but faults costs no more than it should.
func TestManyViolations(t *testing.T) {
	src := strings.Replace(wholePolicy, `"s3:*"`, "["+strings.Repeat("1,", 5*maxViolations)+`"s3:*"]`, 1)
	d, err := Parse([]byte(src), Identity)
	if d == nil || len(d.Violations) != maxViolations+1 {
		t.Fatalf("document %v, error %.200v", d, err)
	}
	if last := d.Violations[maxViolations]; last.Message != "4000 more violations are not listed" || last.Offset != len(src) {
		t.Errorf("the last says %+v", last)
	}
	if len(d.Statements[0].Actions) != 1 {
		t.Errorf("the action after them is lost")
	}
}

// TestDocumentIsItsOwn holds that a document shares nothing with the bytes it was parsed from.
func TestDocumentIsItsOwn(t *testing.T) {
	src := []byte(wholePolicy)
	d, err := Parse(src, Identity)
	if err != nil {
		t.Fatal(err)
	}
	clear(src)
	clear(d.Source())
	if string(d.Source()) != wholePolicy || d.Statements[0].Actions[0].Text != "s3:*" {
		t.Errorf("it changed: %s", d.Source())
	}
}
