package policy

import (
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// effect says how far a resource has to be one that actions act on.
type effect int

const (
	// anyEffect is any resource, wideEffect one of a form that AWS documents, and fullEffect one that names its account where
	// the form does: what AWS owns, such as its own documents of Systems Manager, is of no account.
	anyEffect effect = iota
	wideEffect
	fullEffect
)

// forms are the ARNs that the class's actions take, each ${...} standing for any text, but the partition for that one, where
// it is given.
func (class *actionClass) forms(e effect, partition string) []language.Pattern {
	key := formsKey{e, partition}
	list, ok := class.takenForms[key]
	if !ok {
		p := resourceProblem{question: &question{class: class}}
		siblings := formsOf(class.service)
		for _, template := range p.templates() {
			list = append(list, widePattern(template, siblings, key))
		}
		if class.takenForms == nil {
			class.takenForms = map[formsKey][]language.Pattern{}
		}
		class.takenForms[key] = list
	}
	return list
}

type formsKey struct {
	effect    effect
	partition string
}

// namesAccounts reports whether some form of the class's resources names their account.
func (class *actionClass) namesAccounts() bool {
	p := resourceProblem{question: &question{class: class}}
	return slices.ContainsFunc(p.templates(), func(t string) bool { return strings.Contains(t, "${Account}") })
}

// placeholder is one ${...} of a form: its name, the segment of the ARN that it stands in, and whether the form ends with it.
type placeholder struct {
	name    string
	segment int
	last    bool
}

// readForm gives the ARNs of a form, as read says what each ${...} stands for.
func readForm(template string, read func(v placeholder) language.Pattern) language.Pattern {
	var form language.Pattern
	segment := 0
	for {
		before, inner, after, ok := cutVariable(template)
		form = append(form, language.Literal(before)...)
		if !ok {
			return form
		}
		segment = min(segment+strings.Count(before, ":"), arnResource)
		form = append(form, read(placeholder{inner, segment, after == ""})...)
		template = after
	}
}

// widePattern is the ARNs of a form, each ${...} standing for any text. Where the service has a longer form that begins
// with this one, as that of an object begins with that of its bucket, the last ${...} does not reach into the longer one.
func widePattern(template string, siblings []string, key formsKey) language.Pattern {
	ends := ""
	for _, sibling := range siblings {
		if rest, ok := strings.CutPrefix(sibling, template); ok && rest != "" && strings.HasSuffix(template, "}") {
			ends += rest[:1]
		}
	}
	return readForm(template, func(v placeholder) language.Pattern {
		text := language.Atom{Class: notColon, Run: true}
		switch {
		case v.name == "Partition" && key.partition != "":
			return language.Literal(key.partition)
		case v.name == "Account" && v.segment == arnAccount:
			text.Class = accountRunes
			if key.effect == fullEffect {
				return language.Pattern{{Class: accountRunes}, text}
			}
		case v.segment == arnResource && v.last && ends != "":
			text.Class = language.Class{Runes: ends, Negated: true}
		case v.segment == arnResource:
			text.Class = language.Any
		}
		return language.Pattern{text}
	})
}

// accountRunes are those of an account ID, and of the account of what AWS owns.
var accountRunes = language.Class{Runes: "0123456789aws"}

// serviceForms keeps, by service, the forms of its resources' ARNs.
var serviceForms sync.Map

func formsOf(service string) []string {
	if list, ok := serviceForms.Load(service); ok {
		return list.([]string)
	}
	list := []string{}
	all, _ := actions.Service(service)
	for _, a := range all {
		for _, t := range a.ResourceTypes {
			for _, form := range t.ARNs {
				list = appendNew(list, form)
			}
		}
	}
	serviceForms.Store(service, list)
	return list
}

// usualPattern is the ARNs of a form, each ${...} standing for some text without a slash, and the last one for any.
func usualPattern(template, partition, account string) language.Pattern {
	return readForm(template, func(v placeholder) language.Pattern {
		class := language.Class{Runes: ":/", Negated: true}
		if v.last {
			class = language.Any
		}
		switch {
		case v.name == "Partition":
			return language.Literal(partition)
		case v.name == "Account" && account == "":
			return accountDigits()
		case v.name == "Account":
			return language.Literal(account)
		case v.name == "Region":
			return language.Pattern{{Class: class, Run: true}}
		}
		return language.Pattern{{Class: class}, {Class: class, Run: true}}
	})
}
