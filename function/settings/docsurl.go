package settings

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

// variableDocs is the variable of the function's environment with the address of the documentation of the checks.
const variableDocs = "ROLEWATCH_DOCS_URL"

// maxDocs bounds that address, in characters: the environment of a function holds 4 KB.
const maxDocs = 300

// checkDocs says what is wrong with the address of the documentation of the checks, or nil.
func checkDocs(text string) error {
	if len(text) > maxDocs {
		return fmt.Errorf("it has %d characters, at most %d are possible", len(text), maxDocs)
	}
	bare := strings.ReplaceAll(text, message.CheckPlaceholder, "check")
	if i := strings.IndexFunc(bare, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("<>\"\\^`{}|", r) }); i >= 0 {
		return fmt.Errorf("it has the character %q: an address has ASCII characters, others are percent-encoded, and braces stand in %s alone",
			[]rune(bare[i:])[0], message.CheckPlaceholder)
	}
	u, err := url.Parse(bare)
	switch {
	case err != nil || u.Scheme != "https" || u.Hostname() == "":
		return errors.New("it is not an address that begins with https://")
	case u.User != nil:
		return errors.New("it has a user name or a password")
	case inHost(text):
		return fmt.Errorf("%s is part of the name of the host", message.CheckPlaceholder)
	case strings.Contains(text, "#") && !strings.Contains(text, message.CheckPlaceholder):
		return fmt.Errorf("it has an anchor, and no %s: the anchor of the check is added to it", message.CheckPlaceholder)
	}
	return nil
}

// inHost reports whether the host of an address depends on the check.
func inHost(text string) bool {
	one, err := url.Parse(strings.ReplaceAll(text, message.CheckPlaceholder, "one"))
	other, otherErr := url.Parse(strings.ReplaceAll(text, message.CheckPlaceholder, "other"))
	return err != nil || otherErr != nil || one.Host != other.Host
}

func (f *Function) readDocs(getenv func(string) string, wrong func(name, value string, err error)) {
	f.DocsURL = getenv(variableDocs)
	if f.DocsURL == "" {
		return
	}
	if err := checkDocs(f.DocsURL); err != nil {
		wrong(variableDocs, f.DocsURL, err)
	}
}
