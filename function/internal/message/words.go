package message

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// RoleName is the name in a role's ARN; what is no ARN is given back as it is.
func RoleName(arn string) string {
	parsed, _ := aws.ParseARN(arn)
	if _, name, ok := parsed.Role(); ok {
		return name
	}
	return arn
}

// FunctionName is a function's short name with its version and aliases: "orders", "orders:3 (live)".
func FunctionName(f finding.FunctionRef) string {
	if function, err := aws.ParseFunctionARN(f.ARN); err == nil {
		f.ARN = function.QualifiedName()
	}
	return qualified(f)
}

// qualified is a function's ARN with its version and aliases.
func qualified(f finding.FunctionRef) string {
	name := f.ARN
	if f.Version != "" && f.Version != aws.LatestVersion {
		name += ":" + f.Version
	}
	if f.Alias != "" {
		name += " (" + f.Alias + ")"
	}
	return name
}

// Unverified says since when a finding could not be verified, what is missing, and what settles it.
func Unverified(f finding.Finding) string {
	text := "since " + Clock(*f.UnverifiedSince) + ": "
	if len(f.UnverifiedFor) == 0 {
		return text + "rolewatch could not read what the finding depends on"
	}
	var missing []string
	var gaps []role.Gap
	for _, one := range f.UnverifiedFor {
		missing, gaps = append(missing, one.Missing), append(gaps, role.Gap{SettledBy: one.SettledBy})
	}
	return text + strings.Join(missing, "; ") + ". " + strings.Join(role.Settling(gaps), " ")
}

// Place says where evidence is: "trust policy, statement AllowLambda", "inline policy app, first statement".
func Place(e check.Evidence) string {
	place := e.Policy
	if part := role.Part(e.Policy); part.Kind() != role.Managed { // Whose ARN says where it is.
		place = strings.TrimPrefix(part.InWords(), "the ")
	}
	if called := (role.StatementName{Policy: e.Policy, Statement: e.Statement, Sid: e.Sid}).Called(); called != "" {
		place += ", " + called
	}
	if e.Role != "" {
		place += ", of " + e.Role
	}
	return place
}

// Actor says who made a change, from where and by which way.
func Actor(c finding.Change) string {
	who := c.Actor.ARN
	if who == "" {
		who = c.Actor.Name
	}
	if who == "" {
		who = "an unnamed principal"
	}
	if c.Actor.Type != "" {
		who += " (" + c.Actor.Type + ")"
	}
	if c.Via != "" && c.Via != "unknown" {
		who += " via " + c.Via
	}
	if c.SourceIP != "" {
		who += " from " + c.SourceIP
	}
	return who
}

// ActorName is the name by which colleagues know who made a change: that of a user or role, or the session's where a role of IAM
// Identity Center is used; empty where the record names nobody.
func ActorName(a finding.Actor) string {
	name := cmp.Or(a.Name, a.ARN)
	if role, session, ok := strings.Cut(name, "/"); ok && strings.HasPrefix(role, "AWSReservedSSO_") && session != "" {
		return session
	}
	if parsed, err := aws.ParseARN(name); err == nil {
		_, after, _ := strings.Cut(parsed.Resource, "/")
		return cmp.Or(after, parsed.Resource)
	}
	return name
}

// Deed says what a change was and when.
func Deed(c finding.Change) string {
	what := c.EventName + " at " + Clock(c.Time)
	if c.Region != "" {
		what += " in " + c.Region
	}
	if c.ErrorCode != "" {
		what += ", rejected: " + c.ErrorCode
	}
	return what + ", event " + c.EventID
}

// shortDeed says who made a change, by which call and how, without when and from where.
func shortDeed(c finding.Change) string {
	text := cmp.Or(ActorName(c.Actor), "an unnamed principal") + ", " + c.EventName
	if c.Via != "" && c.Via != "unknown" {
		text += ", via " + c.Via
	}
	return text
}

// Clock writes a time, in UTC and to the second.
func Clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// Verifying says how to see that a finding is fixed; empty where no command shows it.
func Verifying(f finding.Finding) string {
	if f.Fix.Verify == "" {
		return ""
	}
	return f.Fix.Verify + " no longer lists " + RoleName(f.Role)
}

// Lasted says how long a finding had been open at that time: "45 seconds", "3 minutes", "2 hours 5 minutes", "6 days".
func Lasted(f finding.Finding, at time.Time) string {
	d := max(at.Sub(f.FirstSeen), 0)
	switch {
	case d < 2*time.Minute:
		return words.Count(int(d/time.Second), "second")
	case d < time.Hour:
		return words.Count(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		text := words.Count(int(d/time.Hour), "hour")
		if minutes := int(d % time.Hour / time.Minute); minutes > 0 {
			text += " " + words.Count(minutes, "minute")
		}
		return text
	}
	return words.Count(int(d/(24*time.Hour)), "day")
}

// FlappingText says how often a finding has opened, and when it is reported next.
func FlappingText(f finding.Flapping) string {
	return "The finding opened " + words.Count(f.Openings, "time") + " in a short time. Since " + Clock(f.Since) + ", rolewatch reports it only if it stays open for 2 minutes without a change, " +
		"does not open again for an hour, or becomes more severe."
}

// Ending says why a finding is over, by whom, where that is known, and after how long: "fixed by sam after 12 minutes".
func (m *Message) Ending(f finding.Finding) string {
	return m.ending(f, m.fixer(f.ResolvedBy)) + m.after(f)
}

// after says how long a finding was open, as a sentence goes on after why it is over.
func (m *Message) after(f finding.Finding) string { return " after " + Lasted(f, m.Time) }

// ending says why a finding is over, with the words that say by whom; empty where nobody is known.
func (m *Message) ending(f finding.Finding, by string) string {
	why, ok := map[finding.Resolution]string{
		finding.Mended: "fixed" + by, finding.RoleDeleted: "the role was deleted" + by, finding.AccountGone: "the account is gone", finding.Unused: "no function uses the role any more",
		finding.CheckOff: "the check was turned off", finding.Excepted: "an exception covers it", finding.Expired: "expired, possibly not fixed,",
	}[f.Resolution]
	if !ok {
		why = "over"
	}
	if by != "" && f.Resolution == finding.Unused {
		why += ", changed" + strings.TrimSuffix(by, ",") + ","
	}
	return why
}

// fixer names who ended a finding, as a sentence goes on after what they did: " by sam", ", probably by sam,"; empty where nobody is known.
func (m *Message) fixer(by *finding.Cause) string {
	if by == nil {
		return ""
	}
	c, ok := m.change(by.EventID)
	name := clip(ActorName(c.Actor), 64)
	switch {
	case !ok || name == "":
		return ""
	case by.Certainty != finding.Certain:
		return ", probably by " + name + ","
	}
	return " by " + name
}

// Headline is what a finding is about in one line: its title, or the check's name when it has none.
func Headline(f finding.Finding) string {
	for _, s := range []string{f.Title, f.Slug, f.Check} {
		if s = strings.Join(strings.Fields(s), " "); s != "" {
			return s
		}
	}
	return f.ID
}

// cutNouns are what Omitted counts, in words.
var cutNouns = map[string]string{
	"opened": "opened finding", "changed": "changed finding", "resolved": "resolved finding", "passed": "passed finding",
	"changes":   "record",
	"functions": "function", "evidence": "statement", "text": "text",
}

// Cuts says what was cut from a message; empty when nothing was.
func (m *Message) Cuts() string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(m.Omitted)) {
		if n := m.Omitted[what]; n > 0 && cutNouns[what] != "" {
			parts = append(parts, words.Count(n, cutNouns[what]))
		}
	}
	return strings.Join(parts, ", ")
}

// OthersOpen says what else is open on the roles of a message.
func (m *Message) OthersOpen() string {
	if m.StillOpen == 0 {
		return "These roles have no other open findings."
	}
	return "These roles have " + words.Count(m.StillOpen, "other open finding") + words.Either(m.StillOpen, " that was", " that were") + " reported earlier."
}

// Unnamed are the records behind a message that none of its findings names.
func (m *Message) Unnamed() []finding.Change {
	return slices.DeleteFunc(slices.Clone(m.Changes), m.names)
}

// names reports whether an open finding of the message names a record as its cause, or one that is over as what ended it.
func (m *Message) names(c finding.Change) bool {
	named := func(f finding.Finding) bool { return f.Cause.Names(c.EventID) }
	return slices.ContainsFunc(m.Opened, named) || slices.ContainsFunc(m.Changed, named) ||
		slices.ContainsFunc(m.Resolved, func(f finding.Finding) bool { return f.ResolvedBy.Names(c.EventID) })
}
