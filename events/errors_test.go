package events

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestWhatErrorsSay(t *testing.T) {
	for want, err := range map[string]error{
		`parse event: not listed`:                                                     &NotListedError{},
		`parse event: not listed: a digest of log files`:                              &NotListedError{Why: "a digest of log files"},
		`parse event: not listed: "ec2.amazonaws.com" "RunInstances"`:                 &NotListedError{Source: "ec2.amazonaws.com", Name: "RunInstances"},
		`parse event: not listed: "" "RunInstances"`:                                  &NotListedError{Name: "RunInstances"},
		`parse event: not listed: "ec2.amazonaws.com" ""`:                             &NotListedError{Source: "ec2.amazonaws.com"},
		`parse event: not listed: "iam.amazonaws.com" "CreateRole": it is read-only`:  &NotListedError{Source: sourceIAM, Name: "CreateRole", Why: "it is read-only"},
		`parse event: not valid JSON: empty (line 1, byte 0)`:                         &MalformedError{Reason: "not valid JSON: empty", Line: 1},
		`parse event: detail: missing`:                                                malformed("detail", "missing"),
		`parse event: detail.eventName: is a number, want a string (line 3, byte 70)`: &MalformedError{Field: "detail.eventName", Reason: "is a number, want a string", Offset: 70, Line: 3},
	} {
		if got := err.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A value of another type is reported with its type, the type that is wanted, and its place.
func TestAValueOfAnotherTypeIsNamed(t *testing.T) {
	for value, kind := range map[string]string{`7`: "a number", `true`: "a boolean", `"x"`: "a string", `{}`: "an object", `[]`: "a list"} {
		for _, field := range []struct{ call, name, want string }{
			{"iam.amazonaws.com CreateRole", "roleName", "a string"},
			{"iam.amazonaws.com CreateRole", "assumeRolePolicyDocument", "a string"},
			{"iam.amazonaws.com CreatePolicyVersion", "setAsDefault", "a boolean"},
			{"iam.amazonaws.com TagRole", "tags", "a list"},
			{"lambda.amazonaws.com TagResource", "tags", "an object"},
			{"lambda.amazonaws.com CreateFunction20150331", "kMSKeyArn", "a string"},
			{"lambda.amazonaws.com UpdateFunctionCode20150331v2", "fullyQualifiedArn", "an object"},
		} {
			if kind == field.want {
				continue
			}
			source, call, _ := strings.Cut(field.call, " ")
			body := fmt.Sprintf("{\"eventSource\":%q,\"eventName\":%q,\"eventTime\":\"2031-03-04T09:00:00Z\",\n\"requestParameters\":{\n%q:%s}}", source, call, field.name, value)
			bad := wantMalformed(t, []byte(body), "requestParameters."+field.name)
			if want := "is " + kind + ", want " + field.want; bad.Reason != want || bad.Line != 3 || !strings.HasPrefix(body[bad.Offset:], value) {
				t.Errorf("%s %s: %v, want %q in line 3", call, field.name, bad, want)
			}
		}
	}
}

// The names in a path are those of the body: one with spaces, dots, quotes or anything beyond ASCII is quoted, and a long one is cut.
func TestNamesInAPathAreQuotedWhereTheyAreOdd(t *testing.T) {
	for name, want := range map[string]string{
		"team": "team", "!": "!", "~": "~", "aws:x/y-z_1": "aws:x/y-z_1",
		"a b": `"a b"`, "a.b": `"a.b"`, `a"b`: `"a\"b"`, "a\tb": `"a\tb"`, "a\x7fb": `"a\x7fb"`, "é": `"\u00e9"`,
		strings.Repeat("n", 200): strings.Repeat("n", 200), strings.Repeat("n", 201): `"` + strings.Repeat("n", 200) + `"`,
	} {
		body := edited(t, "lambda.TagResource", func(r object) { r["requestParameters"].(object)["tags"] = object{name: 3} })
		wantMalformed(t, body, "requestParameters.tags."+want)
	}
}

// A text from outside is quoted up to its 100th byte.
func TestQuotedTextsAreCut(t *testing.T) {
	for length, want := range map[int]string{100: strings.Repeat("c", 100) + `"`, 101: strings.Repeat("c", 100) + `"...`} {
		body := edited(t, "iam.CreateRole", func(r object) { r["eventCategory"] = strings.Repeat("c", length) })
		if got := wantNotListed(t, body).Why; got != `its category is "`+want {
			t.Errorf("a category of %d characters: %s", length, got)
		}
	}
}

// What follows the record is a second value, or no JSON at all.
func TestWhatFollowsARecord(t *testing.T) {
	for after, want := range map[string]string{
		" {}": "not valid JSON: more than one value", "\n7": "not valid JSON: more than one value", " }": "not valid JSON: invalid character '}'", " x": "not valid JSON: invalid character 'x'",
	} {
		_, err := Parse([]byte("{}" + after))
		var bad *MalformedError
		if !errors.As(err, &bad) || !strings.HasPrefix(bad.Reason, want) || bad.Line != 1+strings.Count(after, "\n") {
			t.Errorf("{}%s: %v, want %q", after, err, want)
		}
	}
}
