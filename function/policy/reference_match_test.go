package policy

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// refMaybe is which answers are possible: one of them where it is known, both where it is not.
type refMaybe struct{ yes, no bool }

var (
	refSurely = refMaybe{yes: true}
	refNever  = refMaybe{no: true}
	refEither = refMaybe{yes: true, no: true}
)

func refSure(b bool) refMaybe { return refMaybe{yes: b, no: !b} }

// and takes the two for independent.
func (m refMaybe) and(o refMaybe) refMaybe {
	return refMaybe{yes: m.yes && o.yes, no: m.no || o.no}
}

func (m refMaybe) or(o refMaybe) refMaybe { return m.not().and(o.not()).not() }

func (m refMaybe) not() refMaybe { return refMaybe{yes: m.no, no: m.yes} }

// join is the answer when either of the two may be the case.
func (m refMaybe) join(o refMaybe) refMaybe {
	return refMaybe{yes: m.yes || o.yes, no: m.no || o.no}
}

// refToken is one character of a pattern, or a wildcard.
type refToken struct {
	char     rune
	star     bool
	question bool
	// sealed wildcards do not match a colon.
	sealed bool
}

func refLiteral(text string) []refToken {
	var tokens []refToken
	for _, r := range text {
		tokens = append(tokens, refToken{char: r})
	}
	return tokens
}

func refWild(text string) []refToken {
	tokens := refLiteral(text)
	for i := range tokens {
		tokens[i].star = tokens[i].char == '*'
		tokens[i].question = tokens[i].char == '?'
	}
	return tokens
}

// refMatch tries every length for every asterisk.
func refMatch(pattern []refToken, text []rune) bool {
	if len(pattern) == 0 {
		return len(text) == 0
	}
	t := pattern[0]
	if t.star {
		for n := 0; n <= len(text); n++ {
			if refMatch(pattern[1:], text[n:]) {
				return true
			}
			if n < len(text) && t.sealed && text[n] == ':' {
				return false
			}
		}
		return false
	}
	if len(text) == 0 || t.question && t.sealed && text[0] == ':' {
		return false
	}
	return (t.question || t.char == text[0]) && refMatch(pattern[1:], text[1:])
}

func refGlob(pattern, text string) bool { return refMatch(refWild(pattern), []rune(text)) }

// refAction is rules 12 and 13.
func refAction(pattern, action string) bool {
	if pattern == "*" {
		return true
	}
	want, got := strings.Split(strings.ToLower(pattern), ":"), strings.Split(strings.ToLower(action), ":")
	return len(want) == 2 && len(got) == 2 && refGlob(want[0], got[0]) && refGlob(want[1], got[1])
}

// refResource is rules 16 to 20: one pattern against the requested resource, in one world.
func refResource(pattern string, kind Kind, version string, requested string, world refWorld) refMaybe {
	if pattern == "*" {
		return refSurely
	}
	if requested == "*" {
		return refNever
	}
	if refGlob("execute-api:*", pattern) {
		return refSure(!refIdentityLike(kind) && refGlob("arn:*:execute-api:*", requested)).and(refEither)
	}
	forms := []string{pattern}
	if segments := strings.Count(pattern, ":") + 1; refIdentityLike(kind) && segments >= 3 && segments < 6 {
		forms = append(forms, pattern+strings.Repeat(":*", 6-segments))
	}
	answer := refNever
	for _, form := range forms {
		answer = answer.or(refSure(refARNForm(form, version, requested, world)))
	}
	return answer
}

// refARNForm matches a whole ARN: an asterisk that ends its segment crosses colons, and so does everything in the last one.
func refARNForm(form, version, requested string, world refWorld) bool {
	segments := strings.SplitN(form, ":", 6)
	for _, i := range []int{0, 2} {
		if i < len(segments) && strings.Trim(segments[i], "*?") != "" && strings.ContainsAny(segments[i], "*?") {
			return false
		}
	}
	var tokens []refToken
	for i, segment := range segments {
		if i > 0 {
			tokens = append(tokens, refToken{char: ':'})
		}
		if i == 5 {
			tail, resolved := refExpand(segment, true, version == "2012-10-17", world)
			if !resolved {
				return false
			}
			tokens = append(tokens, tail...)
			continue
		}
		part := refWild(segment)
		for j := range part {
			part[j].sealed = !(part[j].star && j == len(part)-1)
		}
		tokens = append(tokens, part...)
	}
	return refMatch(tokens, []rune(requested))
}

var (
	refTypeWildcard = regexp.MustCompile(`^[^:]*:[^:]*:[^:]*:[^:]*:[^:]*:(?:\$\{[^}]*\}|[^/:$])*[/:]`)
	refVariable     = regexp.MustCompile(`\$\{[^}]*\}`)
)

// refBlursType is rule 60: whether a pattern of a Deny has a wildcard in the word for the type that the resource has.
func refBlursType(pattern, requested string) bool {
	head := refTypeWildcard.FindString(pattern)
	got := strings.SplitN(requested, ":", 6)
	if head == "" || len(got) < 6 {
		return false
	}
	word := strings.SplitN(refVariable.ReplaceAllString(head, "v"), ":", 6)[5]
	word = word[:len(word)-1]
	if !strings.ContainsAny(word, "*?") || strings.Trim(word, "*") == "" {
		return false
	}
	for _, account := range []bool{got[4] != "", got[4] == ""} {
		names, types, any := false, false, false
		for _, form := range refForms() {
			f := strings.SplitN(form, ":", 6)
			if f[2] != got[2] || (f[4] != "") != account {
				continue
			}
			any = true
			names = names || strings.Contains(refFirst.FindString(f[5]), "${")
			types = types || refFirst.FindString(f[5]) == refFirst.FindString(got[5])
		}
		if any {
			return types || !names
		}
	}
	return true
}

var refFirst = regexp.MustCompile(`^[^/:]*`)

// refForms is every form of ARN that AWS documents.
var refForms = sync.OnceValue(func() []string {
	var forms []string
	for _, name := range actions.Names() {
		a, _ := actions.Lookup(name)
		for _, t := range a.ResourceTypes {
			forms = append(forms, t.ARNs...)
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms)
})

func refIdentityLike(kind Kind) bool {
	return kind == Identity || kind == Boundary || kind == Session || kind == SCP
}

// refExpand is rule 37: it puts the world's values in the place of variables, as literal text.
func refExpand(text string, wild, variables bool, world refWorld) (tokens []refToken, resolved bool) {
	plain := refLiteral
	if wild {
		plain = refWild
	}
	for variables {
		before, rest, opened := strings.Cut(text, "${")
		inner, after, closed := strings.Cut(rest, "}")
		if !opened || !closed {
			break
		}
		tokens = append(tokens, plain(before)...)
		text = after
		if inner == "*" || inner == "?" || inner == "$" {
			tokens = append(tokens, refLiteral(inner)...)
			continue
		}
		name, fallback, hasFallback := strings.Cut(inner, ",")
		value := world[strings.ToLower(strings.TrimSpace(name))]
		switch {
		case value.present && len(value.values) == 1:
			tokens = append(tokens, refLiteral(value.values[0])...)
		case hasFallback && (!value.present || len(value.values) == 0):
			tokens = append(tokens, refLiteral(strings.Trim(strings.TrimSpace(fallback), "'"))...)
		default:
			return nil, false
		}
	}
	return append(tokens, plain(text)...), true
}

// refVariables names the keys of the variables in a text, in lower case.
func refVariables(text string) []string {
	var keys []string
	for {
		_, rest, opened := strings.Cut(text, "${")
		inner, after, closed := strings.Cut(rest, "}")
		if !opened || !closed {
			return keys
		}
		text = after
		name, _, _ := strings.Cut(inner, ",")
		if name != "*" && name != "?" && name != "$" {
			keys = append(keys, strings.ToLower(strings.TrimSpace(name)))
		}
	}
}
