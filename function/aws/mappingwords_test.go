package aws

import (
	"slices"
	"strings"
	"testing"
)

func TestEachMappingWordIsReadByItsOwnRow(t *testing.T) {
	causes := map[MappingCause]int{}
	for i, row := range mappingWords.rows {
		causes[row.Cause]++
		got, _, ok := ReadMappingWord(row.Field, row.Example)
		if !ok || got.Says != row.Says || got.Cause != row.Cause {
			t.Errorf("row %d: its example %q is read as %q", i, row.Example, got.Cause)
		}
		if !strings.HasPrefix(row.Source, "https://") || !strings.HasSuffix(row.Says, ".") {
			t.Errorf("row %d has source %q and says %q", i, row.Source, row.Says)
		}
		for _, other := range []MappingField{LastProcessingResult, StateTransitionReason, FilterCriteriaError} {
			if _, _, ok := ReadMappingWord(other, row.Example); ok != (other == row.Field) {
				t.Errorf("row %d: in the field %s, %q is known: %v", i, other, row.Example, ok)
			}
		}
	}
	if len(causes) != 5 {
		t.Errorf("the table has the causes %v, want all 5", causes)
	}
}

// TestMappingWordsThatNameACall reads what Lambda gives for an event source that the role may not read.
func TestMappingWordsThatNameACall(t *testing.T) {
	const stream = "arn:aws:kinesis:us-east-1:111122223333:stream/clicks"
	for _, tt := range []struct {
		text   string
		cause  MappingCause
		action []string
		known  bool
	}{
		{"PROBLEM: User: arn:aws:sts::111122223333:assumed-role/orders/awslambda_783_20180222015150438 is not authorized to perform: kinesis:DescribeStream on resource: " + stream +
			" because no identity-based policy allows the kinesis:DescribeStream action", SourceRefused, []string{"kinesis:DescribeStream"}, true},
		{"PROBLEM: Cannot access stream " + stream + ". Please ensure the role can perform the GetRecords and DescribeStream Actions on your stream in IAM.",
			SourceRefused, []string{"kinesis:GetRecords", "kinesis:DescribeStream"}, true},
		{"PROBLEM: User: arn:aws:iam::111122223333:user/sam is not authorized to perform: iam:PassRole", NotPermissions, nil, true},
		{"PROBLEM: internal Lambda error. Please contact Lambda customer support.", "", nil, false},
		{"", "", nil, false},
	} {
		word, refused, ok := ReadMappingWord(LastProcessingResult, tt.text)
		if ok != tt.known || word.Cause != tt.cause || !slices.Equal(refused.Actions, tt.action) || tt.action != nil && refused.Resource != stream {
			t.Errorf("%q is read as %q, %q on %q, %v", tt.text, word.Cause, refused.Actions, refused.Resource, ok)
		}
	}
}
