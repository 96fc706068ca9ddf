package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// notColon is what an asterisk stands for in a segment of an ARN.
var notColon = language.Class{Runes: ":", Negated: true}

// spelling says how a glob becomes a pattern.
type spelling struct {
	// inSegment keeps wildcards from crossing colons, fold takes upper and lower case for equal.
	inSegment, fold bool
	// symbols are characters that stand for the unknown value of a variable, which no single wildcard matches.
	symbols string
}

// pattern gives the texts that a glob matches.
func (s spelling) pattern(glob string) language.Pattern {
	p := make(language.Pattern, 0, len(glob))
	anyone := language.Class{Runes: s.symbols, Negated: true}
	inSegment := language.Class{Runes: ":" + s.symbols, Negated: true}
	for i := 0; i < len(glob); {
		switch glob[i] {
		case markOneInSegment:
			p = append(p, language.Atom{Class: inSegment})
		case markRunInSegment:
			p = append(p, language.Atom{Class: inSegment, Run: true})
		case markOne:
			class := anyone
			if s.inSegment {
				class = inSegment
			}
			p = append(p, language.Atom{Class: class})
		case markRun:
			class := language.Any
			if s.inSegment {
				class = inSegment
			}
			p = append(p, language.Atom{Class: class, Run: true})
		default:
			r, size := utf8.DecodeRuneInString(glob[i:])
			p = append(p, language.Atom{Class: language.Class{Runes: s.cases(r)}})
			i += size
			continue
		}
		i++
	}
	return p
}

// cases are the characters that count as r.
func (s spelling) cases(r rune) string {
	if !s.fold {
		return string(r)
	}
	all := []rune{r}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		all = append(all, f)
	}
	return string(all)
}

// arnPattern gives the ARNs whose segments the globs match, as ArnLike and Resource compare them.
func (s spelling) arnPattern(segments *arn) language.Pattern {
	inner := s
	inner.inSegment = true
	var p language.Pattern
	for i := range arnResource {
		p = append(p, inner.pattern(segments[i])...)
		p = append(p, language.Literal(":")...)
	}
	return append(p, s.pattern(segments[arnResource])...)
}

// patterns gives the resources that the pattern covers, its variables replaced by tail, which is marked. ARNs alone are
// meant; a pattern for everything covers the rest too. Where a pattern can be read segment by segment, that comes first.
func (p *resourcePattern) patterns(tail string, s spelling) []language.Pattern {
	if p.everything {
		return []language.Pattern{language.AnyRun()}
	}
	if p.relative != "" {
		return []language.Pattern{s.pattern(p.relativeGlob())}
	}
	var list []language.Pattern
	if p.complete {
		list = append(list, s.arnPattern(&arn{p.head[0], p.head[1], p.head[2], p.head[3], p.head[4], tail}))
	}
	if p.crossing && p.wholeHasTail {
		list = append(list, s.pattern(p.whole+":"+tail))
	} else if p.crossing {
		list = append(list, s.pattern(p.whole))
	}
	return list
}

// isAccountGlob says whether a glob can stand where an ARN has its account.
func isAccountGlob(glob string) bool {
	return glob == "aws" || strings.Trim(glob, "0123456789"+runMark+string([]byte{markOne})) == ""
}

// holdColons are the services whose callers choose a part of a resource's ARN, and may put colons in it: the keys of objects,
// the topics of AWS IoT, the paths of an API.
var holdColons = map[string]bool{
	"s3": true, "s3-object-lambda": true, "s3-outposts": true, "iot": true, "execute-api": true, "mediastore": true, runMark: true,
}

// reachable leaves of what the pattern covers the ARNs that something can have. Where the pattern is read segment by
// segment, what it covers besides, because an asterisk reaches over a colon (rule 16), are ARNs that nothing has, but in the
// services in which callers put colons where they like; plain leaves these out too.
func (p *resourcePattern) reachable(patterns []language.Pattern, plain bool) []language.Pattern {
	segmentwise := p.complete && p.wholeHasTail && isAccountGlob(p.head[arnAccount])
	if p.complete && len(patterns) > 1 && (plain || segmentwise && !holdColons[p.head[arnService]]) {
		return patterns[:1]
	}
	return patterns
}

// relativeGlob is every ARN of the service that alone knows what the pattern means.
func (p *resourcePattern) relativeGlob() string {
	segment := string([]byte{markRunInSegment})
	return segment + ":" + segment + ":" + p.relative + ":" + segment + ":" + segment + ":" + runMark
}

// The bases are the ARNs among which a witness is looked for. Each has a partition, a service and a resource.
var (
	name    = language.Class{Runes: ":*?", Negated: true}
	aName   = language.Pattern{{Class: name}, {Class: name, Run: true}}
	colon   = language.Literal(":")
	anyText = language.Pattern{{Class: language.Any}, {Class: language.Any, Run: true}}
	anyARN  = arnBase(aName, language.Pattern{{Class: notColon, Run: true}})
)

func accountDigits() language.Pattern {
	var p language.Pattern
	for range 12 {
		p = append(p, language.Atom{Class: language.Class{Runes: "0123456789"}})
	}
	return p
}

// arnBase is the ARNs of a partition and an account.
func arnBase(partition, account language.Pattern) language.Pattern {
	region := language.Pattern{{Class: notColon, Run: true}}
	return language.Join(language.Literal("arn:"), partition, colon, aName, colon, region, colon, account, colon, anyText)
}

// ownedBy is every ARN that names the account.
func ownedBy(account string) language.Pattern {
	glob := strings.Repeat(inSegmentRun+":", arnAccount) + account + ":" + runMark
	return spelling{}.pattern(glob)
}
