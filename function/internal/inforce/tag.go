package inforce

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

// ExceptionTag is the key of the tag by which the owner of a role or function asks for an exception. A resource has a
// key only once, so further ones stand under this key with ":" and anything behind it.
const ExceptionTag = "rolewatch:exception"

// TagForm is how the value of such a tag is written.
const TagForm = "RW308 until 2026-12-31 why it is accepted"

// claim is what one tag of a resource asks for.
type claim struct {
	tag, value string
	exception  check.Exception
	fault      error
}

// isExceptionTag tells such a key. IAM does not tell upper case from lower in a role's keys:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
func isExceptionTag(key string) bool {
	key = strings.ToLower(key)
	return key == ExceptionTag || strings.HasPrefix(key, ExceptionTag+":")
}

// claimsOf reads the tags of a resource that ask for exceptions, and notes those that cannot be read.
func claimsOf(o owner, known func(id string) bool, notes map[Note]bool) []claim {
	tags, _ := o.tags.Get()
	var keys []string
	for key := range tags {
		if isExceptionTag(key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var out []claim
	for _, key := range keys {
		c := claim{tag: key, value: tags[key]}
		if c.exception, c.fault = ParseTag(tags[key], known); c.fault != nil {
			notes[Note{Text: "tag " + key + " of " + o.what + " " + o.name + " exempts nothing: " + c.fault.Error()}] = true
		}
		c.exception.Tag, c.exception.Value = key, tags[key]
		out = append(out, c)
	}
	return out
}

// ParseTag reads the value of an exception's tag: IDs of checks, "until", a day, and a reason, with spaces between them.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html says what a value may hold: no comma, and at most 256
// characters. Known tells the IDs of checks there are.
func ParseTag(value string, known func(id string) bool) (check.Exception, error) {
	var e check.Exception
	words := strings.Fields(value)
	end := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, "until") })
	if end < 0 {
		return e, fmt.Errorf("%q has no end date; the form is %q", value, TagForm)
	}
	for _, word := range words[:end] {
		id := strings.ToUpper(word)
		switch {
		case !known(id):
			return check.Exception{}, fmt.Errorf("%q is not a check", word)
		case !slices.Contains(e.Checks, id):
			e.Checks = append(e.Checks, id)
		}
	}
	if len(e.Checks) == 0 {
		return check.Exception{}, fmt.Errorf("%q names no check before \"until\"", value)
	}
	rest := words[end+1:]
	if len(rest) == 0 {
		return check.Exception{}, fmt.Errorf("%q names no day after \"until\"", value)
	}
	until, err := ParseUntil(rest[0])
	if err != nil {
		return check.Exception{}, fmt.Errorf("%q %w", rest[0], err)
	}
	if len(rest) == 1 {
		return check.Exception{}, fmt.Errorf("%q gives no reason after the day", value)
	}
	e.Until, e.Reason = until, strings.Join(rest[1:], " ")
	return e, nil
}

// ParseUntil reads when an exception ends: a day, which means its end in UTC, or a time as RFC 3339 has it.
func ParseUntil(text string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.Add(24*time.Hour - time.Second), nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC().Truncate(time.Second), nil
	}
	return time.Time{}, errors.New("is neither a day such as 2026-12-31 nor a time such as 2026-12-31T18:00:00Z")
}
