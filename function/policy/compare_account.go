package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
	"github.com/rolewatch/rolewatch/function/policy/internal/solve"
)

// exampleAccount is the account of the callers that no policy names, as AWS's documentation has it.
const exampleAccount = "123456789012"

// exampleAccounts are accounts for examples.
var exampleAccounts = []string{exampleAccount, "210987654321", "135792468013", "246801357924", "999988887777"}

// exampleAccountBut is an account that is not among those named.
func exampleAccountBut(accounts []string) string {
	for _, account := range exampleAccounts {
		if !slices.Contains(accounts, account) {
			return account
		}
	}
	for i := range len(accounts) + 1 {
		digits := []byte("900000000000")
		for at := len(digits) - 1; i > 0; at-- {
			digits[at] += byte(i % 10)
			i /= 10
		}
		if !slices.Contains(accounts, string(digits)) {
			return string(digits)
		}
	}
	return exampleAccount
}

// accounts are the account IDs that stand in the values that the keys are compared with.
func (m *mentions) accounts(keys ...string) []string {
	var list []string
	for _, k := range keys {
		for _, text := range m.constants[k] {
			if !m.budget.Spend(10 + len(text) + len(list)/4) {
				return list
			}
			for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
				if aws.IsAccountID(word) {
					list = appendNew(list, word)
				}
			}
		}
	}
	return list
}

// otherAccounts are accounts that are not among those named: one for each way in which an account can match the patterns
// that the keys are compared with.
func (m *mentions) otherAccounts(named []string, keys ...string) []string {
	other := exampleAccountBut(named)
	return m.representatives(accountDigits(), append([]string{other}, exampleAccounts...), m.accountPatterns(keys), named)
}

// accountsByARN are accounts of which some principals match a pattern that the key aws:PrincipalArn is compared with and that
// does not tell the account for itself, such as "arn:aws:iam::77*", and some do not.
func (m *mentions) accountsByARN() []string {
	var patterns []language.Pattern
	for _, text := range m.constants["aws:principalarn"] {
		if _, ok := splitARN(text); !ok && m.budget.Spend(10+len(text)*3) && isPartial(text) {
			patterns = append(patterns, spelling{}.pattern(markWildcards(text)))
		}
	}
	if len(patterns) == 0 {
		return nil
	}
	var list []string
	for _, partition := range m.callerPartitions() {
		for _, kind := range []string{"iam::%:role/", "iam::%:user/", "iam::%:root", "sts::%:federated-user/"} {
			before, after, _ := strings.Cut("arn:"+partition+":"+kind, "%")
			base := language.Join(language.Literal(before), accountDigits(), language.Literal(after))
			if strings.HasSuffix(after, "/") {
				base = append(base, openName("")...)
			}
			for _, found := range m.representatives(base, nil, patterns, nil) {
				if segments, ok := splitARN(found); ok {
					list = appendNew(list, segments[arnAccount])
				}
			}
		}
	}
	return list
}

// exampleServices are services for examples.
var exampleServices = []string{"example" + aws.ServiceDomain, aws.LambdaService, "logs" + aws.ServiceDomain, "s3" + aws.ServiceDomain, aws.EC2Service}

// otherServices are services that are not among those named, one for each way in which their names can match the patterns
// that the key aws:PrincipalServiceName is compared with.
func (m *mentions) otherServices(named []string) []string {
	var patterns []language.Pattern
	for _, text := range m.constants["aws:principalservicename"] {
		if m.budget.Spend(10+len(text)*3) && isPartial(text) {
			patterns = append(patterns, spelling{}.pattern(markWildcards(text)))
		}
	}
	word := language.Class{Runes: "abcdefghijklmnopqrstuvwxyz0123456789-."}
	name := language.Pattern{{Class: language.Class{Runes: "abcdefghijklmnopqrstuvwxyz"}}, {Class: word, Run: true}}
	return m.representatives(language.Join(name, language.Literal(aws.ServiceDomain)), exampleServices, patterns, named)
}

// userNames are the names of users that conditions can tell apart, one for each way to match their patterns; none where no
// condition looks at them.
func (m *mentions) userNames() []string {
	if !m.mentionsAny("aws:username") {
		return nil
	}
	var names []string
	var patterns []language.Pattern
	add := func(text string) {
		if !m.budget.Spend(10 + 3*len(text) + len(names)/4) {
			return
		}
		if strings.ContainsAny(text, "*?") {
			patterns = append(patterns, spelling{}.pattern(markWildcards(text)))
		} else {
			names = appendNew(names, text)
		}
	}
	for _, text := range m.constants["aws:username"] {
		add(text)
	}
	for _, text := range m.constants["aws:principalarn"] {
		if _, name, ok := strings.Cut(text, ":user/"); ok {
			add(name)
		}
	}
	word := language.Class{Runes: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+=,.@"}
	base := language.Pattern{{Class: word}, {Class: word, Run: true}}
	return append(m.representatives(base, []string{"example"}, patterns, names), names...)
}

// representatives gives one text of a base for each way in which they match patterns, and none of those named. Usual ones
// are taken where they do.
func (m *mentions) representatives(base language.Pattern, usual []string, patterns []language.Pattern, named []string) []string {
	r := solve.Representatives{Base: base, Usual: usual, Patterns: patterns, Named: named, Budget: m.budget, Steps: searchSteps}
	list, shortfall := r.Find()
	switch shortfall {
	case solve.TooMany:
		m.incomplete = "there are too many patterns of accounts, principals or services to try one for each way to match them"
	case solve.Exceeded:
		m.incomplete, m.exceeded = tooComplex+": accounts, principals or services are compared with too many patterns", true
	}
	return list
}

// isPartial reports whether a text is a pattern, and not one of all texts.
func isPartial(text string) bool { return strings.ContainsAny(text, "*?") && !isEverything(text) }

// accountPatterns are the patterns of account IDs, other than of all and of one, that the keys are compared with.
func (m *mentions) accountPatterns(keys []string) []language.Pattern {
	var globs []string
	for _, k := range keys {
		for _, text := range m.constants[k] {
			if segments, ok := splitARN(text); ok {
				text = segments[arnAccount]
			} else if k == "aws:principalarn" {
				continue
			}
			if m.budget.Spend(10+3*len(text)+len(globs)/4) && isPartial(text) && strings.Trim(text, "0123456789*?") == "" {
				globs = appendNew(globs, text)
			}
		}
	}
	var list []language.Pattern
	for _, glob := range globs {
		list = append(list, spelling{}.pattern(markWildcards(glob)))
	}
	return list
}
