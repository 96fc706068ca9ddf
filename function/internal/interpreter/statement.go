package interpreter

import (
	"slices"
	"strings"
)

// form is how a policy's elements are read.
type form int

const (
	attached   form = iota // to the caller or the account: no Principal, and short ARNs are completed
	ofResource             // a resource's policy and an RCP
	trust                  // a resource's policy without Resource
	endpoint               // a resource's policy whose Principal may be left out
)

// any reports whether a statement of the effect applies to the request.
func (q *question) any(effect string, how form, list ...document) bool {
	found := false
	for _, d := range list {
		for _, s := range d.statements {
			if s.effect == effect && q.reachesCaller(s, how) && q.reaches(d, s, how) {
				found = true
			}
		}
	}
	return found
}

// reachesCaller reads Principal and NotPrincipal.
func (q *question) reachesCaller(s statement, how form) bool {
	switch {
	case how == attached:
		return true
	case s.notPrincipal != nil:
		return s.effect == "Deny" && !q.isExempt(s.notPrincipal)
	case s.principal == nil:
		return how == endpoint
	}
	return q.names(s.principal) != notAtAll
}

// reaches reads everything but the effect and the principal.
func (q *question) reaches(d document, s statement, how form) bool {
	return q.reachesAction(s) && q.reachesResource(d, s, how) && q.meets(d, s.conditions)
}

func (q *question) reachesAction(s statement) bool {
	covered := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool { return matchesAction(pattern, q.Action) })
	}
	if len(s.notActions) > 0 {
		return !covered(s.notActions)
	}
	return covered(s.actions)
}

// matchesAction ignores case. A pattern that is neither an asterisk nor two words with one colon is malformed.
func matchesAction(pattern, action string) bool {
	pattern, action = strings.ToLower(pattern), strings.ToLower(action)
	if strings.Trim(pattern, "*") == "" {
		return pattern != ""
	}
	service, name, ok := strings.Cut(pattern, ":")
	if !ok || strings.Contains(name, ":") {
		return false
	}
	askedService, askedName, _ := strings.Cut(action, ":")
	return matches(glob(service), askedService) && matches(glob(name), askedName)
}

func (q *question) reachesResource(d document, s statement, how form) bool {
	covered := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool { return q.matchesResource(d, pattern, how) })
	}
	switch {
	case how == trust:
		return true
	case s.hasNotResources:
		return len(s.notResources) > 0 && !covered(s.notResources)
	case !s.hasResources:
		// The policy of an ECR repository is about the repository and has no Resource.
		return how == ofResource
	}
	return covered(s.resources)
}

// matchesResource holds the request's ARN against a pattern. In policies that are attached to the caller, an ARN that ends after
// the service or later stands for every ARN that begins like it.
func (q *question) matchesResource(d document, pattern string, how form) bool {
	if strings.Trim(pattern, "*") == "" {
		return pattern != ""
	}
	segments := strings.SplitN(pattern, ":", 6)
	if q.matchesSegments(d, segments) {
		return true
	}
	if how != attached || len(segments) < 3 || len(segments) == 6 {
		return false
	}
	for len(segments) < 6 {
		segments = append(segments, "*")
	}
	return q.matchesSegments(d, segments)
}

// matchesSegments matches the segments of a pattern against the whole ARN. An asterisk that ends a segment may cross colons; no
// other wildcard before the resource does. The word "arn" and the service are literal unless all of them is wildcards. Variables
// are replaced in the resource alone.
func (q *question) matchesSegments(d document, segments []string) bool {
	var pattern []token
	for i, segment := range segments {
		if i > 0 {
			pattern = append(pattern, token{char: ':'})
		}
		switch {
		case i == 5:
			resource, ok := q.fill(d, segment)
			if !ok {
				return false
			}
			pattern = append(pattern, resource...)
		case (i == 0 || i == 2) && strings.Trim(segment, "*?") != "":
			pattern = append(pattern, literal(segment)...)
		default:
			tokens := glob(segment)
			for j := range tokens {
				last := j == len(tokens)-1
				tokens[j].withinSegment = tokens[j].wild != 0 && (!last || tokens[j].wild == '?')
			}
			pattern = append(pattern, tokens...)
		}
	}
	return matches(pattern, q.Resource)
}

// fill replaces the variables of a text by what the request holds, as literal text. The rest is a pattern. It fails where a
// variable has no value.
func (q *question) fill(d document, text string) ([]token, bool) {
	if !d.variables {
		return glob(text), true
	}
	var out []token
	for {
		before, rest, ok := strings.Cut(text, "${")
		out = append(out, glob(before)...)
		if !ok {
			return out, true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return append(out, literal("${"+rest)...), true
		}
		value, ok := q.variable(name)
		if !ok {
			return nil, false
		}
		out = append(out, literal(value)...)
		text = after
	}
}

// variable is the value of a policy variable: a key with one value, or the default, in quotes, of a key that is missing.
func (q *question) variable(text string) (string, bool) {
	if text == "*" || text == "?" || text == "$" {
		return text, true
	}
	name, fallback, hasDefault := strings.Cut(text, ",")
	values := q.keys[strings.ToLower(strings.TrimSpace(name))]
	switch {
	case len(values) == 1:
		return values[0], true
	case len(values) > 1 || !hasDefault:
		return "", false
	}
	fallback = strings.TrimSpace(fallback)
	if len(fallback) < 2 || !strings.HasPrefix(fallback, "'") || !strings.HasSuffix(fallback, "'") {
		return "", false
	}
	return fallback[1 : len(fallback)-1], true
}
