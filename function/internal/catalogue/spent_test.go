package catalogue_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// judgedWithin runs the checks of danger with some thousandths of the budget.
func judgedWithin(s *check.Subject, thousandths int) check.Result {
	b := effective.BudgetOf(s)
	b.Searches().Reserve(b.Searches().Left() / 1000 * (1000 - thousandths))
	b.ReserveOfAll((1000 - thousandths) / 10)
	return check.Run(danger.Checks(), s)
}

// lostSilently are the findings that a role has, and that it has not with less of the budget, although nothing says that they are not known: by
// check and key.
func lostSilently(whole, less check.Result) (lost []string) {
	for _, d := range whole.Diagnostics {
		id := d.Check.ID
		isThere := slices.ContainsFunc(less.Diagnostics, func(o check.Diagnostic) bool {
			return o.Check.ID == id && (o.Key == d.Key || id == danger.Escalation) || slices.Contains(o.Folds, id)
		})
		isUnknown := slices.ContainsFunc(less.Undecided, func(u check.Undecided) bool { return u.Check.ID == id && (u.Key == "" || u.Key == d.Key) })
		if !isThere && !isUnknown && id != danger.TooComplex {
			lost = append(lost, id+" "+d.Key)
		}
	}
	return lost
}

// twoStatements are policies of two statements of which one takes what is left, or depends on what is not known.
var twoStatements = []string{
	`{"Sid":"One","Effect":"Allow","Action":["dynamodb:*","ec2:*"],"NotResource":"arn:aws:s3:::a","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}},` +
		`{"Sid":"Two","Effect":"Allow","Action":"sqs:SendMessage","NotResource":"arn:aws:s3:::b"}`,
	`{"Sid":"One","Effect":"Allow","Action":"dynamodb:*","NotResource":"arn:aws:s3:::a"},{"Sid":"Two","Effect":"Allow","Action":"sqs:SendMessage","NotResource":"arn:aws:s3:::b"}`,
	`{"Sid":"One","Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-0123456789abc"}}},` +
		`{"Sid":"Two","Effect":"Allow","Action":"sqs:SendMessage","Resource":"*","Condition":{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-0123456789abc"}}}`,
	`{"Sid":"One","Effect":"Allow","NotAction":["iam:*","s3:*"],"Resource":"*"},{"Sid":"Two","Effect":"Allow","Action":"iam:PassRole","Resource":["arn:aws:iam::*:role/a","arn:aws:iam::*:role/b"]}`,
}

// TestLessBudgetTakesNothingAwaySilently judges roles with all of the budget and with less: each finding is there, or is said not to be known.
func TestLessBudgetTakesNothingAwaySilently(t *testing.T) {
	subjects := map[string]func() *check.Subject{}
	for seed := range randomWorlds() {
		w := write(metamorphoses().Example(seed).world)
		subjects[fmt.Sprintf("world %d: %v", seed, w)] = func() *check.Subject { return subjectOf(w) }
	}
	for _, statements := range twoStatements {
		w := written{identity: []namedText{{"p0", `{"Version":"2012-10-17","Statement":[` + statements + `]}`}}}
		subjects[statements] = func() *check.Subject { return subjectOf(w) }
	}
	findings, unknown := 0, 0
	for name, subject := range subjects {
		whole := check.Run(danger.Checks(), subject())
		findings += len(whole.Diagnostics)
		for _, thousandths := range []int{0, 10, 20, 40, 80, 160, 320, 640} {
			less := judgedWithin(subject(), thousandths)
			unknown += len(less.Undecided)
			if lost := lostSilently(whole, less); len(lost) > 0 {
				t.Errorf("%s, with %d thousandths of the budget, loses %s", name, thousandths, strings.Join(lost, ", "))
			}
		}
	}
	if findings < 20 || unknown < 100 {
		t.Errorf("%d findings, of which less budget left %d unknown", findings, unknown)
	}
}
