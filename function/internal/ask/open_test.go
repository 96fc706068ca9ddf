package ask_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// patternOf is a value of Resource made of an ARN, which covers it or does not: cut off behind an asterisk somewhere, with wildcards in
// its middle, with another name, or without its last segments.
func patternOf(r *rand.Rand, arn string) string {
	at := r.IntN(len(arn))
	if last := strings.LastIndexAny(arn, ":/"); r.IntN(2) == 0 {
		at = last + r.IntN(len(arn)-last)
	}
	switch r.IntN(9) {
	case 0:
		return arn[:at] + "*"
	case 1:
		return arn[:at] + "?" + arn[min(at+1, len(arn)):]
	case 2:
		return arn[:at] + "*" + arn[min(at+r.IntN(9), len(arn)):]
	case 3:
		return arn[:at] + "orders" + arn[at:] + "*"
	case 4:
		segments := strings.Split(arn, ":")
		segments[1+r.IntN(len(segments)-1)] = "*"
		return strings.Join(segments, ":")
	case 5:
		segments := strings.Split(arn, ":")
		return strings.Join(append(segments[:3:3], "*", "*", segments[len(segments)-1]), ":")
	case 6:
		return arn[:at] + "${aws:username}*"
	case 7:
		return arn[:at] + "*:*"
	}
	return arn
}

// TestOpenExcludesNothingThatIsFound asks sessions with random statements for actions on resources that no policy names, and on such a
// resource by its ARN: where the answer is not no, the statement is not excluded by how its values of Resource begin.
func TestOpenExcludesNothingThatIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	names := actions.Names()
	found, excluded, reached, unreached := 0, 0, 0, 0
	for range 6000 {
		a, _ := actions.Lookup(names[r.IntN(len(names))])
		if a.OnlyStar() && r.IntN(10) > 0 {
			continue
		}
		arns := []string{"arn:aws:s3:::orders/*"}
		for _, of := range a.ResourceTypes {
			for _, one := range sessionOf(nil).Unnamed(of, "us-east-1") {
				arns = append(arns, one.ARN)
			}
		}
		var values []string
		namesOne := false
		for range 1 + r.IntN(3) {
			value := patternOf(r, arns[r.IntN(len(arns))])
			complete, _ := aws.CompleteARNPattern(value)
			namesOne = namesOne || !strings.ContainsAny(complete.Resource, "*?$")
			values = append(values, fmt.Sprintf("%q", value))
		}
		element := "Resource"
		if r.IntN(20) == 0 {
			element = "NotResource"
		}
		statement := fmt.Sprintf(`{"Effect":"Allow","Action":%q,%q:[%s]}`, a.String(), element, strings.Join(values, ","))
		s := sessionOf(nil, statement)
		open := s.OpenOf(only(s))
		switch covers := open.Covers(a.String()); {
		case namesOne: // It may name what nobody named, as no policy does.
		case s.Anywhere(a, nil).Possible():
			if found++; !covers {
				t.Fatalf("%s allows %s on what no policy names, and is excluded", statement, a)
			}
		case !covers:
			excluded++
		}
		arn := arns[r.IntN(len(arns))]
		parsed, err := aws.ParseARN(arn)
		if err != nil || strings.Contains(arn, "*") {
			continue
		}
		switch may := s.MayReach(a.String(), []string{"nothing", parsed.Resource}); {
		case s.Ask(ask.Question{Action: a.String(), Resource: arn, Region: "us-east-1"}).Possible():
			if reached++; !may {
				t.Fatalf("%s allows %s on %s, and is excluded", statement, a, arn)
			}
		case !may:
			unreached++
		}
	}
	if found < 300 || excluded < 300 || reached < 300 || unreached < 300 {
		t.Errorf("%d were found, %d excluded, %d reached and %d not", found, excluded, reached, unreached)
	}
}

// only is the one statement of a session.
func only(s *ask.Session) (out *policy.Statement) {
	for st := range s.Statements() {
		out = st
	}
	return out
}
