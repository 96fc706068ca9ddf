package command

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// What can be asked for.
const (
	Acknowledge = "acknowledge"
	Accept      = "accept"
	Reopen      = "reopen"
	Recheck     = "recheck"
	Show        = "show"
	HowToAccept = "howToAccept"
	List        = "list"
)

// Request is what the function is called with.
type Request struct {
	Act string `json:"act"`
	// Finding is the hexadecimal part of a finding's ID.
	Finding string `json:"finding,omitempty"`
	// Reason and By are the caller's words; nothing proves who they are.
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty"`
	// Until is a day, which ends in UTC, or a time of RFC 3339.
	Until string `json:"until,omitempty"`
	// After is the Next of the answer before, for the next part of a list.
	After string `json:"after,omitempty"`
}

// Answer is what the function answers.
type Answer struct {
	Text string `json:"text"`
	// Refused says that nothing was done.
	Refused  bool     `json:"refused,omitempty"`
	Findings []Listed `json:"findings,omitempty"`
	// Next is where the list continues; empty at its end.
	Next string `json:"next,omitempty"`
}

const (
	// mostBytes is how long a call may be.
	mostBytes = 4 << 10
	mostAfter = 300
)

// isRoleKey reports whether a list can continue after a text.
func isRoleKey(text string) bool {
	ref, err := role.ParseRef(text)
	return err == nil && ref.Key() == text
}

// parse reads a call and holds it to its form.
func parse(payload []byte) (Request, error) {
	var r Request
	if len(payload) > mostBytes {
		return r, refuse("the call has %d bytes, and %d are allowed", len(payload), mostBytes)
	}
	if err := json.Unmarshal(payload, &r, json.RejectUnknownMembers(true)); err != nil {
		return Request{}, refuse("the call is not of its form: a JSON object with act, finding, reason, by, until and after, each a text")
	}
	if err := r.valid(); err != nil {
		return Request{}, err
	}
	return r, nil
}

func (r Request) valid() error {
	takes, ok := map[string]string{
		Acknowledge: "finding reason by until", Accept: "finding reason by until", Reopen: "finding reason by",
		Recheck: "finding by", Show: "finding by", HowToAccept: "finding by", List: "by after",
	}[r.Act]
	if !ok {
		return refuse("act %q is not known", clipped(r.Act))
	}
	for _, member := range []struct {
		name, value string
		most        int
	}{{"finding", r.Finding, 12}, {"reason", r.Reason, finding.MostReason}, {"by", r.By, finding.MostBy}, {"until", r.Until, 35}, {"after", r.After, mostAfter}} {
		taken := strings.Contains(" "+takes+" ", " "+member.name+" ")
		switch {
		case !taken && member.value != "":
			return refuse("act %s takes no %s", r.Act, member.name)
		case len(member.value) > member.most:
			return refuse("%s has %d bytes, and %d are allowed", member.name, len(member.value), member.most)
		case !utf8.ValidString(member.value) || strings.ContainsFunc(member.value, func(c rune) bool { return !unicode.IsPrint(c) }):
			return refuse("%s has characters that cannot be printed", member.name)
		}
	}
	switch {
	case r.Act != List && !finding.IsHexID(r.Finding):
		return refuse("finding %q is not the hexadecimal part of a finding's ID, such as 0a1b2c3d4e5f", clipped(r.Finding))
	case r.After != "" && !isRoleKey(r.After):
		return refuse("after is not what an answer gave as next")
	case r.Act == Accept && strings.TrimSpace(r.Reason) == "":
		return refuse("a risk is accepted with a reason only")
	case r.Act == Accept && r.Until == "":
		return refuse("a risk is accepted until a day, which is not given")
	}
	return nil
}

func clipped(text string) string { return text[:min(len(text), 40)] }

// end is when an act ends: by default, an acknowledgement holds for as long as one can.
func (r Request) end(act finding.Act) (time.Time, error) {
	if r.Until == "" {
		return act.At.Add(finding.LongestAcknowledgement), nil
	}
	if day, err := time.Parse(time.DateOnly, r.Until); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	at, err := time.Parse(time.RFC3339, r.Until)
	if err != nil {
		return at, refuse("until %q is neither a day such as 2026-12-31 nor a time such as 2026-12-31T18:00:00Z", clipped(r.Until))
	}
	return at.UTC(), nil
}

// howToAccept is the command to paste.
func (f *Function) howToAccept(at place) string {
	return fmt.Sprintf("A risk is accepted from the command line, with a reason and until a day, 180 days ahead at most:\n"+
		"rolewatch accept %s --reason 'WHY' --until %s --region %s", at.stored.ID, f.Now().UTC().AddDate(0, 0, 90).Format(time.DateOnly), f.Home)
}
