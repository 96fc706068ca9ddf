package message

import (
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

func TestWords(t *testing.T) {
	at := time.Date(2024, 5, 14, 9, 0, 0, 0, time.UTC)
	lasted := func(d time.Duration) string { return Lasted(finding.Finding{FirstSeen: at}, at.Add(d)) }
	tests := []struct{ got, want string }{
		{lasted(-time.Second), "0 seconds"},
		{lasted(time.Second), "1 second"},
		{lasted(119 * time.Second), "119 seconds"},
		{lasted(2 * time.Minute), "2 minutes"},
		{lasted(time.Hour), "1 hour"},
		{lasted(25*time.Hour + 90*time.Second), "25 hours 1 minute"},
		{lasted(49 * time.Hour), "2 days"},
		{RoleName("arn:aws:iam::111122223333:role/a/b/name"), "name"},
		{RoleName("name"), "name"},
		{FunctionName(finding.FunctionRef{ARN: "arn:aws:lambda:us-east-1:111122223333:function:f", Version: "$LATEST"}), "f"},
		{FunctionName(finding.FunctionRef{ARN: "f", Version: "7", Alias: "live,beta"}), "f:7 (live,beta)"},
		{Place(check.Evidence{Policy: "trust", Statement: -1, Sid: "x"}), "trust policy"},
		{Place(check.Evidence{Policy: "boundary", Statement: 2, Sid: "x"}), "permissions boundary, statement x"},
		{Place(check.Evidence{Policy: "scp:p-1", Statement: 0}), "service control policy p-1, first statement"},
		{Actor(finding.Change{}), "an unnamed principal"},
		{Actor(finding.Change{Actor: finding.Actor{Name: "root", Type: "Root"}, Via: "unknown"}), "root (Root)"},
		{Headline(finding.Finding{Title: " a\n b ", Slug: "s"}), "a b"},
		{Headline(finding.Finding{Check: "RW101", ID: "i"}), "RW101"},
		{About(finding.Finding{Title: "orders-role-2 and orders-role", Role: "orders-role", FunctionsTotal: 1}), "orders-role-2 and orders-role (1 function)"},
		{About(finding.Finding{Title: "t", FunctionsTotal: 2}), "t (2 functions)"},
		{About(finding.Finding{Title: "t"}), "t"},
		{strings.Join(Wrap("one two  three", 7), "|"), "one two|three"},
		{strings.Join(Wrap("toolongaword x", 4), "|"), "toolongaword|x"},
		{Statement("{\n    \"a\": [\n      1\n    ]\n  }"), "{\n  \"a\": [\n    1\n  ]\n}"},
		{Statement("{\n    \"a\": 1\n  \n    }"), "{\n\"a\": 1\n\n}"},
		{ActorName(finding.Actor{Name: "AWSReservedSSO_Admin_0123456789abcdef/sam"}), "sam"},
		{ActorName(finding.Actor{Name: "AWSReservedSSO_Admin_0123456789abcdef/"}), "AWSReservedSSO_Admin_0123456789abcdef/"},
		{ActorName(finding.Actor{Name: "deploy/ci"}), "deploy/ci"},
		{threadName("azAZ09 @é"), "azAZ09---"},
		{arnWords("arn:aws:iam::111122223333:role/a/deploy", "111122223333"), "the role deploy"},
		{arnWords("arn:aws:iam::444455556666:role/deploy", "111122223333"), "the role deploy of account 444455556666"},
		{arnWords("arn:aws:iam::444455556666:user/sam", ""), "the user sam"},
		{arnWords("arn:aws:lambda:us-east-1:111122223333:function:hook", "111122223333"), "the function hook"},
		{arnWords("arn:aws:iam::aws:policy/ReadOnlyAccess", "111122223333"), "the policy arn:aws:iam::aws:policy/ReadOnlyAccess"},
		{clipProse("The role may do everything.", 9), "The role…"},
		{clipProse(`It has {"Action": "*"} now, and more`, 12), "It has …"},
		{clipProse(`It has {"Action": "*"} now, and more`, 23), `It has {"Action": "*"}…`},
		{clipProse(`It has {"Action": "*"} now, and more`, 26), `It has {"Action": "*"} no…`},
		{clip("日本語です", 3), "日本…"},
		{clip("日本語", 3), "日本語"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

// TestPaste shows what can be pasted as it is, and marks what cannot.
func TestPaste(t *testing.T) {
	tests := []struct {
		text, shown string
		exact       bool
	}{
		{"aws iam x --y 'z & <w>'\n", "aws iam x --y 'z & <w>'", true},
		{"{\r\n\t\"a\": 1\r\n}", "{\n\t\"a\": 1\n}", true},
		{"rôle 日本", "rôle 日本", true},
		{"echo \u202egnp", `echo \u{202e}gnp`, false},
		{"echo \r overwritten", `echo \r overwritten`, false},
		{"bad \xff", `bad \x{ff}`, false},
		{"no\u00a0break", `no\u{a0}break`, false},
		{"a\n----- end of command -----", "a\n----- end of command -----", false},
	}
	for _, tt := range tests {
		if shown, exact := Paste(tt.text); shown != tt.shown || exact != tt.exact {
			t.Errorf("%q: shown %q, exact %v; want %q, %v", tt.text, shown, exact, tt.shown, tt.exact)
		}
	}
}

// TestChatProse holds that sentences read well in chat and that only words with markup become code.
func TestChatProse(t *testing.T) {
	for text, want := range map[string]string{
		"Lambda can't assume orders-role: it trusts ec2.amazonaws.com.": "Lambda can't assume orders-role: it trusts `ec2.amazonaws.com`.",
		"R&D (my_role) at 09:30:12":                                     "`R&amp;D` (`my_role`) at 09:30:12",
		"see https://evil.example, @here":                               "see `https://evil.example`, `\\u{40}here`",
		"* `x` \u202e":                                                  "`*` `\\u{60}x\\u{60}` `\\u{202e}`",
	} {
		if got := chatProse(text, 500); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := chatProse("one two three four", 14); got != "one two…" {
		t.Errorf("cut to %q", got)
	}
}
