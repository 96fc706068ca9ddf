package policy

import (
	"strings"
	"sync"
	"testing"
)

// TestFaultyConditionIsNeverMet holds that a statement whose Condition is not of its shape does not apply without it.
func TestFaultyConditionIsNeverMet(t *testing.T) {
	request := Request{Principal: "arn:aws:iam::111111111111:role/r", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: Context{RestUnknown: true}}
	for block, want := range map[string]Truth{
		`{}`:                                   True,
		`"a"`:                                  False,
		`["a"]`:                                False,
		`null`:                                 False,
		`{"StringNotEquals":"a"}`:              False,
		`{"StringEqualsIfExists":[{"a":"b"}]}`: False,
		`{"String Equals":{"a":"b"}}`:          False,
		`{"StringMatches":{"a":"b"}}`:          Undecided,
	} {
		src := strings.Replace(wholePolicy, `"Resource"`, `"Condition":`+block+`,"Resource"`, 1)
		d, err := Parse([]byte(src), Identity)
		if d == nil || (err == nil) != (block == "{}") {
			t.Fatalf("%s: document %v, error %v", block, d, err)
		}
		if got := d.Match(0, request).Applies; got != want {
			t.Errorf("%s: applies is %v, want %v", block, got, want)
		}
	}
}

// TestParseAtOnce parses different documents at the same time: none may show in another.
func TestParseAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := strings.Repeat("x", i+1)
			src := strings.ReplaceAll(wholePolicy, "s3:*", "s3:"+name)
			for range 200 {
				d, err := Parse([]byte(src), Identity)
				if err != nil || d.Statements[0].Actions[0].Text != "s3:"+name || string(d.Source()) != src {
					t.Errorf("parsed %s, %v", d.Source(), err)
					return
				}
				if _, err := Parse([]byte(src[:20+i]), Identity); err == nil {
					t.Error("a text that is cut off was taken")
				}
			}
		})
	}
	wg.Wait()
}
