package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
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

// takes reports whether the class's actions act on the resource, as far as AWS documents what they act on.
func (class *actionClass) takes(resource string, e effect) bool {
	switch {
	case class.open || class.shape == "" && !class.onlyAny():
		return true
	case resource == anyResource:
		return !class.needsResource()
	}
	return slices.ContainsFunc(class.forms(e, ""), func(form language.Pattern) bool { return form.Matches(resource) })
}

// actsIn reports whether the class's actions can take effect where resources are asked for in this way.
func (class *actionClass) actsIn(m mode) bool {
	switch m {
	case modeAny:
		return !class.needsResource()
	case modeARN:
		return !class.onlyAny()
	}
	return true
}

// needsResource reports whether the class's actions always act on a resource of some type.
func (class *actionClass) needsResource() bool {
	a, ok := actions.Lookup(class.names[0])
	return ok && len(a.Required()) > 0
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
			b.WriteString(usualRegion(p.partition()))
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
	usual := arn{"arn", p.partition(), service, "", p.owner()}
	var segments arn
	for i := range arnResource {
		switch {
		case i == arnPartition && hasMarks(r.head[i]):
			segments[i] = p.partitionLike(r.head[i])
		case i == arnRegion && r.head[i] == runMark:
			segments[i] = usualRegion(segments[arnPartition])
		case r.head[i] == runMark:
			segments[i] = usual[i]
		default:
			segments[i] = sampleText(r.head[i])
		}
	}
	segments[arnResource] = sampleText(r.tail)
	return strings.Join(segments[:], ":")
}

// appendContinued adds what a pattern that ends in an asterisk covers, continued as the forms of the class go on behind one of
// their variables: a stream of the log group that the pattern names, say.
func (p *resourceProblem) appendContinued(texts []string, r *resourcePattern) []string {
	begun, ok := strings.CutSuffix(r.tail, runMark)
	if !ok || begun == "" || p.effect == anyEffect {
		return texts
	}
	head := *r
	head.tail = begun
	prefix := p.fillPattern(&head)
	for _, template := range p.templates() {
		for _, _, rest, ok := cutVariable(template); ok; _, _, rest, ok = cutVariable(rest) {
			if end := p.fill(rest); end != "" {
				texts = append(texts, strings.TrimSuffix(prefix, end[:1])+end)
			}
		}
	}
	return texts
}

// bases are the ARNs to look among, the likeliest first; the last holds all that may be.
func (p *resourceProblem) bases() [][]language.Pattern {
	templates := p.templates()
	accounts := []language.Pattern{accountDigits(), language.Literal("aws")}
	if p.account != "" {
		accounts = []language.Pattern{language.Literal(p.account)}
	}
	// The last of the bases is complete only with the ARNs that name no account.
	named := func(template string) bool { return strings.Contains(template, "${Account}") }
	namesNone := len(templates) == 0 || slices.ContainsFunc(templates, func(t string) bool { return !named(t) })
	if namesNone {
		accounts = append(accounts, language.Pattern{})
	}
	partitions := []language.Pattern{aName}
	if len(p.partitions) > 0 {
		partitions = partitions[:0]
	}
	for _, partition := range p.partitions {
		partitions = append(partitions, language.Literal(partition))
	}
	var sound, unowned, forms []language.Pattern
	for _, partition := range partitions {
		for _, account := range accounts {
			sound = append(sound, arnBase(partition, account))
		}
		unowned = append(unowned, arnBase(partition, language.Pattern{}))
		if p.account != "" {
			// Whose account it is the request may tell for itself.
			unowned = append(unowned, arnBase(partition, language.Literal("aws")))
		}
	}
	for _, template := range templates {
		forms = append(forms, usualPattern(template, p.partition(), p.account))
	}
	list := [][]language.Pattern{sound}
	if len(forms) > 0 {
		list = [][]language.Pattern{forms, sound}
	}
	if !namesNone || p.account != "" {
		list = append(list, unowned)
	}
	if p.account == "" && len(p.partitions) == 0 {
		list = append(list, []language.Pattern{anyARN})
	}
	return list
}

// partition is the one that a resource has by choice.
func (q *question) partition() string { return firstOr(q.partitions, aws.StandardPartition) }

// usualRegion is the Region that a resource of a partition has by choice.
func usualRegion(partition string) string { return aws.PartitionNamed(partition).GlobalRegion }

// partitionLike is a partition that resources have and that a glob matches, if there is one.
func (p *resourceProblem) partitionLike(glob string) string {
	for _, partition := range p.partitions {
		if matchGlob(glob, partition) {
			return partition
		}
	}
	return p.partition()
}

// orUsual are the partitions that resources are of, or the usual one.
func (p *resourceProblem) orUsual() []string {
	if len(p.partitions) > 0 {
		return p.partitions
	}
	return []string{p.partition()}
}

func firstOr(list []string, other string) string {
	if len(list) > 0 {
		return list[0]
	}
	return other
}
