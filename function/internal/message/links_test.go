package message

import (
	"net/url"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

func TestConsoleLink(t *testing.T) {
	tests := map[string]string{
		"arn:aws:iam::111122223333:role/orders":                "https://console.aws.amazon.com/iam/home#/roles/details/orders",
		"arn:aws:iam::111122223333:role/service-role/team/a_b": "https://console.aws.amazon.com/iam/home#/roles/details/a_b",
		"arn:aws-cn:iam::111122223333:role/orders":             "https://console.amazonaws.cn/iam/home#/roles/details/orders",
		"arn:aws-us-gov:iam::111122223333:role/orders":         "https://console.amazonaws-us-gov.com/iam/home#/roles/details/orders",
		"arn:aws:iam::111122223333:role/a+b=c,d.e@here-f":      "https://console.aws.amazon.com/iam/home#/roles/details/a%2Bb%3Dc%2Cd.e%40here-f",
		"arn:aws-iso:iam::111122223333:role/orders":            "",
		"arn:aws-eusc:iam::111122223333:role/orders":           "",
		"arn:aws-new:iam::111122223333:role/orders":            "",
		"arn:aws:iam::111122223333:role/x>|<!here>":            "",
		"arn:aws:iam::111122223333:user/orders":                "",
		"orders":                                               "",
		"":                                                     "",
	}
	for arn, want := range tests {
		if got := ConsoleLink(arn); got != want {
			t.Errorf("%s: %q, want %q", arn, got, want)
		}
	}
}

// Each partition has a link to its own console, or none.
func TestConsoleLinkOfEachPartition(t *testing.T) {
	hosts := map[string]bool{}
	for _, name := range aws.PartitionNames() {
		link := ConsoleLink("arn:" + name + ":iam::111122223333:role/orders")
		if link == "" {
			continue
		}
		u, err := url.Parse(link)
		if err != nil || u.Scheme != "https" || hosts[u.Host] || strings.HasSuffix(u.Host, "aws.amazon.com") != (name == aws.StandardPartition) {
			t.Errorf("%s: %q, %v", name, link, err)
		}
		hosts[u.Host] = true
	}
	if len(hosts) != 3 {
		t.Errorf("%d consoles", len(hosts))
	}
}

func TestCheckLink(t *testing.T) {
	f := finding.Finding{Check: "RW301", Slug: "administrator"}
	tests := []struct {
		docs, want string
		f          finding.Finding
	}{
		{"", "", f},
		{"https://docs.example.com/checks.md", "https://docs.example.com/checks.md#rw301-administrator", f},
		{"https://docs.example.com/{check}.html", "https://docs.example.com/RW301.html", f},
		{"https://docs.example.com/checks.md", "", finding.Finding{Check: "RW301"}},
		{"https://docs.example.com/{check}", "", finding.Finding{Check: "RW301><!here>", Slug: "x"}},
	}
	for _, tt := range tests {
		m := Message{Docs: tt.docs}
		if got := m.checkLink(tt.f); got != tt.want {
			t.Errorf("%q of %+v: %q, want %q", tt.docs, tt.f, got, tt.want)
		}
	}
}

// Chat and e-mail have both links where there are both, and neither where there is none.
func TestMessagesLink(t *testing.T) {
	_, in := readScenario(t, "testdata/opened.txtar")
	for _, docs := range []string{"", "https://docs.example.com/checks.md"} {
		in.Docs = docs
		r := Render(Build(in), Options{Channels: []Channel{Chat}})
		checkRendered(t, r)
		for name, text := range map[string]string{"e-mail": r.Email, "chat": r.Channels[Chat.Name][0]} {
			if !strings.Contains(text, "https://console.aws.amazon.com/iam/home#/roles/details/orders-role") {
				t.Errorf("%s has no link to the console:\n%s", name, text)
			}
			if got := strings.Contains(text, "https://docs.example.com/checks.md#rw103-trust-principal-misspelt"); got != (docs != "") || strings.Contains(text, "Docs") != (docs != "") {
				t.Errorf("%s with %q:\n%s", name, docs, text)
			}
		}
	}
}
