package settings

import (
	"strings"
	"testing"
	"time"
)

func TestTheDigestIsDailyAtATime(t *testing.T) {
	for value, want := range map[string]Digest{
		`"never"`: {}, `"daily"`: {Daily: true, At: 8 * time.Hour}, `"daily at 00:00"`: {Daily: true}, `"daily at 23:59"`: {Daily: true, At: 23*time.Hour + 59*time.Minute},
	} {
		s, err := FromContext([]byte(`{"digest":`+value+`}`), known)
		if err != nil || s.Digest != want {
			t.Errorf("%s: %v, %v", value, s.Digest, err)
		}
		if again, err := parseDigest(want.String()); err != nil || again != want {
			t.Errorf("%s is written as %q, which is read as %v, %v", value, want, again, err)
		}
	}
	for _, value := range []string{`"weekly"`, `""`, `"daily at 24:00"`, `"daily at 8:00"`, `"daily at 08:60"`, `"daily at 08:00 CET"`, `"daily  at 08:00"`, `8`, `true`, `{"at":"08:00"}`} {
		if _, err := FromContext([]byte(`{"digest":`+value+`}`), known); err == nil || !strings.Contains(err.Error(), "rolewatch.digest "+value) {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestTheAddressOfTheDocumentation(t *testing.T) {
	for _, value := range []string{
		"https://docs.example.com/checks.md", "https://docs.example.com/{check}.html", "https://docs.example.com:8443/a?b=c&check={check}#{check}",
		"https://docs.example.com/checks#{check}", "https://RW101.example.com/{check}",
	} {
		s, err := FromContext([]byte(`{"docsUrl":"`+value+`"}`), known)
		if err != nil || s.DocsURL != value {
			t.Errorf("%s: %q, %v", value, s.DocsURL, err)
		}
	}
	for value, why := range map[string]string{
		"http://docs.example.com/checks.md": "begins with https://", "docs.example.com": "begins with https://", "https:///checks": "begins with https://", "": "begins with https://",
		"javascript:alert(1)": "begins with https://", "https://{check}.example.com/": "name of the host", "https://sam:secret@example.com/": "user name",
		"https://example.com/checks#top": "no {check}", "https://example.com/{id}": "character", "https://example.com/a b": "character", "https://example.com/>|x": "character",
		"https://example.com/é": "character", " https://example.com/": "character", "https://example.com/" + strings.Repeat("a", 300): "at most 300",
	} {
		if _, err := FromContext([]byte(`{"docsUrl":"`+value+`"}`), known); err == nil || !strings.Contains(err.Error(), `rolewatch.docsUrl "`) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", value, err)
		}
	}
}
