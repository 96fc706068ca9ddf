package policy

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

// arn is an ARN's six segments; the last one keeps its colons.
type arn [6]string

const (
	arnPartition = 1
	arnService   = 2
	arnRegion    = 3
	arnAccount   = 4
	arnResource  = 5
)

// splitARN cuts text at its first five colons. It says false when there are fewer.
func splitARN(text string) (arn, bool) {
	var a arn
	for n := range arnResource {
		i := strings.IndexByte(text, ':')
		if i < 0 {
			return a, false
		}
		a[n], text = text[:i], text[i+1:]
	}
	a[arnResource] = text
	return a, true
}

// resourcePattern is one value of Resource or NotResource.
type resourcePattern struct {
	everything bool
	// complete is set when the pattern has, or was given, all six segments.
	complete bool
	head     [arnResource]string
	// literal is set of the segments of head that have no wildcard.
	literal  [arnResource]bool
	tail     string
	variable *template
	// crossing is set when a run may swallow colons; whole is the head of the glob for that, and all of it where the
	// pattern has no sixth segment.
	crossing, wholeHasTail bool
	// colons is how many the pattern spells out before its last segment: a run can swallow one only of a text that has
	// more than the whole pattern.
	colons int
	whole  string
	// relative is the service of a value that is no ARN, as "execute-api" of "execute-api:/prod/*": only that service
	// knows what it stands for.
	relative string
	// unsure is set for a pattern of a Deny that has a wildcard inside the part that names the resource's type. AWS calls it
	// incorrect usage, so whether such a Deny holds is not known (rule 60).
	unsure bool
}

func compileResource(text string, kind Kind, variables bool) resourcePattern {
	if isEverything(text) {
		return resourcePattern{everything: true}
	}
	segments := strings.SplitN(text, ":", 6)
	if segments[0] != "arn" && !isWildcard(segments[0]) {
		if kind == Resource && len(segments) > 1 {
			return resourcePattern{relative: ascii.Lower(segments[0])}
		}
		return resourcePattern{}
	}
	p := resourcePattern{wholeHasTail: len(segments) == 6, colons: len(segments) - 1}
	p.markCrossing(text, segments)
	if len(segments) < 6 && (!kind.attachedToCaller() || len(segments) < 3) {
		return p
	}
	p.complete = true
	for i := range p.head {
		p.head[i] = runMark
		if i < len(segments) {
			p.head[i] = markSegment(i, segments[i], markWildcards)
			p.literal[i] = !hasMarks(p.head[i])
		}
	}
	p.tail = runMark
	if p.wholeHasTail {
		p.tail, p.variable = parsePattern(segments[arnResource], true, variables)
	}
	return p
}

// markSegment marks the wildcards of a segment before the fifth colon. The service is literal unless it is a wildcard as a
// whole (rule 17), and so is "arn", which is no segment with a meaning of its own.
func markSegment(i int, segment string, mark func(string) string) string {
	if takesWildcards(i) || isWildcard(segment) {
		return mark(segment)
	}
	return clean(segment)
}

// takesWildcards says whether a segment may hold wildcards among other characters.
func takesWildcards(i int) bool { return i == arnPartition || i > arnService }

// isWildcard says whether a segment holds nothing but wildcards.
func isWildcard(segment string) bool { return strings.Trim(segment, "*?") == "" && segment != "" }

// markCrossing notes whether an asterisk ends a segment before the fifth colon, or the pattern, and so may cross
// colons; the other asterisks there may not (rule 16).
func (p *resourcePattern) markCrossing(text string, segments []string) {
	head := text
	if p.wholeHasTail {
		head = text[:len(text)-len(segments[arnResource])-1]
	}
	if !hasWildcards(head) {
		p.whole = clean(head)
		return
	}
	marked := make([]string, 0, arnResource)
	for i, segment := range segments[:min(len(segments), arnResource)] {
		out := markSegment(i, segment, inSegmentMarks)
		if strings.HasSuffix(segment, "*") && (takesWildcards(i) || isEverything(segment)) {
			out = strings.TrimRight(out, string([]byte{markRunInSegment})) + runMark
			p.crossing = true
		}
		marked = append(marked, out)
	}
	p.whole = strings.Join(marked, ":")
}

func inSegmentMarks(text string) string { return inSegment.Replace(clean(text)) }

// matches answers whether the pattern covers the resource that the query asks about.
func (p *resourcePattern) matches(q *query) Truth {
	if p.everything {
		return True
	}
	if !q.isARN {
		return False
	}
	if p.relative != "" {
		return undecidedIf(p.relative == q.arn[arnService])
	}
	tail, state := p.tail, stateResolved
	if p.variable != nil {
		if !p.crossing && !p.matchesHead(&q.arn) {
			return False
		}
		if tail, state = p.variable.resolve(&q.req.Context); state == stateUnresolved {
			return False
		}
	}
	if !p.matchesWith(tail, q) {
		return False
	}
	if state == stateUncertain || p.unsure && q.arn.namesType() {
		return Undecided
	}
	return True
}

func (p *resourcePattern) matchesWith(tail string, q *query) bool {
	if p.complete && p.matchesHead(&q.arn) && matchGlob(tail, q.arn[arnResource]) {
		return true
	}
	if !p.crossing {
		return false
	}
	if p.complete && p.wholeHasTail && arnResource+strings.Count(q.arn[arnResource], ":") <= p.colons+strings.Count(tail, ":") {
		return false
	}
	if p.wholeHasTail {
		return matchSegments(p.whole+":"+tail, q.req.Resource)
	}
	return matchSegments(p.whole, q.req.Resource)
}

func (p *resourcePattern) matchesHead(a *arn) bool {
	if !p.complete {
		return false
	}
	for i := range p.head {
		switch segment := p.head[i]; {
		case segment == runMark, segment == a[i]:
		case p.literal[i], !matchGlob(segment, a[i]):
			return false
		}
	}
	return true
}
