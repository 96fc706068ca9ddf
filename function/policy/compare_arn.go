package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// templates are the forms of ARN that the class's first action takes.
func (p *resourceProblem) templates() []string {
	if p.class == nil || p.class.open {
		return nil
	}
	a, ok := actions.Lookup(p.class.names[0])
	if !ok {
		return nil
	}
	var list []string
	for _, t := range a.ResourceTypes {
		list = append(list, t.ARNs...)
	}
	slices.SortStableFunc(list, func(a, b string) int { return strings.Count(a, "${") - strings.Count(b, "${") })
	return list
}

// forms are the ARNs that the class's actions take, each ${...} standing for any text.
func (class *actionClass) forms() []language.Pattern {
	p := resourceProblem{class: class}
	var list []language.Pattern
	for _, template := range p.templates() {
		var form language.Pattern
		for i, segment := range strings.SplitN(template, ":", 6) {
			text := language.Pattern{{Class: notColon, Run: true}}
			if i == arnResource {
				text = language.AnyRun()
			}
			if i > 0 {
				form = append(form, colon...)
			}
			for {
				before, _, after, ok := cutVariable(segment)
				form = append(form, language.Literal(before)...)
				if !ok {
					break
				}
				form = append(form, text...)
				segment = after
			}
		}
		list = append(list, form)
	}
	return list
}

func (p *resourceProblem) owner() string {
	if p.account != "" {
		return p.account
	}
	return exampleAccount
}

// fill replaces ${...} in an ARN's form.
func (p *resourceProblem) fill(template string) string {
	var b strings.Builder
	for {
		before, inner, after, ok := cutVariable(template)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		switch inner {
		case "Partition":
			b.WriteString(p.partition())
		case "Region":
			b.WriteString("us-east-1")
		case "Account":
			b.WriteString(p.owner())
		default:
			b.WriteString("example")
		}
		template = after
	}
}

var everyARN = resourcePattern{head: [arnResource]string{runMark, runMark, runMark, runMark, runMark}, tail: runMark}

func (p *resourceProblem) fillPattern(r *resourcePattern) string {
	service := "s3"
	if p.class != nil && p.class.service != "" {
		service = p.class.service
	}
	usual := [arnResource]string{"arn", p.partition(), service, "us-east-1", p.owner()}
	var segments arn
	for i := range arnResource {
		if segments[i] = sampleText(r.head[i]); r.head[i] == runMark {
			segments[i] = usual[i]
		}
	}
	segments[arnResource] = sampleText(r.tail)
	return strings.Join(segments[:], ":")
}

// bases are the ARNs to look among, the likeliest first; the last holds all that may be.
func (p *resourceProblem) bases() [][]language.Pattern {
	templates := p.templates()
	accounts := []language.Pattern{accountDigits(), language.Literal("aws")}
	if p.account != "" {
		accounts = []language.Pattern{language.Literal(p.account)}
	}
	named := func(template string) bool { return strings.Contains(template, "${Account}") }
	if len(templates) == 0 || !slices.ContainsFunc(templates, named) || slices.ContainsFunc(templates, func(t string) bool { return !named(t) }) {
		accounts = append(accounts, language.Pattern{})
	}
	partitions := []language.Pattern{aName}
	if len(p.partitions) > 0 {
		partitions = partitions[:0]
	}
	for _, partition := range p.partitions {
		partitions = append(partitions, language.Literal(partition))
	}
	var sound, forms []language.Pattern
	for _, partition := range partitions {
		for _, account := range accounts {
			sound = append(sound, arnBase(partition, account))
		}
	}
	for _, template := range templates {
		forms = append(forms, formPattern(template, p.partition(), p.account))
	}
	switch {
	case len(forms) > 0:
		return [][]language.Pattern{forms, sound}
	case p.account != "" || len(p.partitions) > 0:
		return [][]language.Pattern{sound}
	}
	return [][]language.Pattern{sound, {anyARN}}
}

// partition is the one that a resource has by choice.
func (p *resourceProblem) partition() string { return firstOr(p.partitions, "aws") }

func firstOr(list []string, other string) string {
	if len(list) > 0 {
		return list[0]
	}
	return other
}

// formPattern is the ARNs of a form, each ${...} standing for some text without a slash, and the last one for any.
func formPattern(template, partition, account string) language.Pattern {
	var p language.Pattern
	for {
		before, inner, after, ok := cutVariable(template)
		p = append(p, language.Literal(before)...)
		if !ok {
			return p
		}
		class := language.Class{Runes: ":/", Negated: true}
		if after == "" {
			class = language.Any
		}
		switch inner {
		case "Partition":
			p = append(p, language.Literal(partition)...)
		case "Account":
			if account == "" {
				p = append(p, accountDigits()...)
			}
			p = append(p, language.Literal(account)...)
		case "Region":
			p = append(p, language.Atom{Class: class, Run: true})
		default:
			p = append(p, language.Atom{Class: class}, language.Atom{Class: class, Run: true})
		}
		template = after
	}
}
