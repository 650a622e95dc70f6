#!/usr/bin/perl
# A carrier: Net::SMPP, the Perl module that many of them use.
# It does what it is told in JSON lines ({"do": COMMAND, "n": NUMBER, ...fields}) and tells in JSON lines
# what comes: {"answer": NUMBER, ...} for the response to a request, {"came": COMMAND, ...} for the rest.
# Octets are characters below 256 both ways. The number of a request is its sequence_number.
use strict;
use warnings;

use IO::Select;
use JSON::PP;
use Net::SMPP;

$| = 1;
my $json = JSON::PP->new->ascii;
sub tell_of { print $json->encode({@_}), "\n" }

# Net::SMPP writes a TLV as it is given: integers are packed by who uses it.
my %integer = (sar_msg_ref_num => 'n', sar_total_segments => 'C', sar_segment_seqnum => 'C', qos_time_to_live => 'N',
    user_message_reference => 'n');

my %name = map { $_ => Net::SMPP::pdu_tab()->{$_}{cmd} } keys %{Net::SMPP::pdu_tab()};

my ($port, @bound) = @ARGV;
my $smpp = Net::SMPP->new_connect('127.0.0.1', port => $port, async => 1, @bound) or die "no connection: $!";
my $both = IO::Select->new(\*STDIN, $smpp);
tell_of(came => 'connect');

sub obey {
    my %fields = %{$json->decode($_[0])};
    my ($command, $number) = delete @fields{'do', 'n'};
    return leave() if $command eq 'close';
    $fields{short_message} = Net::SMPP::pack_7bit($fields{short_message}) if delete $fields{packed};
    $fields{$_} = pack $integer{$_}, $fields{$_} for grep { exists $fields{$_} } keys %integer;
    $smpp->$command(%fields, seq => $number);
}

sub leave {
    $both->remove($smpp);
    $smpp->close;
    tell_of(came => 'close');
}

sub take {
    my $pdu = $smpp->read_pdu or return;
    my $command = $name{$pdu->cmd} // sprintf '%#010x', $pdu->cmd;
    my %told = map { $_ => $pdu->{$_} } grep { /^[a-z]/ && $_ ne 'data' } keys %$pdu;
    @told{'command', 'command_status'} = ($command, delete $told{status});
    # It leaves TLVs as they are on the wire.
    $told{message_state} = ord $told{message_state} if ($told{message_state} // '') =~ /^[\x00-\x1f]$/;
    $told{receipted_message_id} =~ s/\0$// if exists $told{receipted_message_id};
    return tell_of(answer => $pdu->seq, %told) if $command =~ /_resp$/ or $command eq 'generic_nack';
    tell_of(came => $command, %told);
    my $answer = $smpp->can("${command}_resp") or return 1;
    $smpp->$answer(seq => $pdu->seq, $command eq 'deliver_sm' ? (message_id => '') : ());
}

my $typed = '';
while (my @ready = $both->can_read) {
    for my $handle (@ready) {
        if ($handle == $smpp) {
            take() or leave();
        } else {
            sysread(STDIN, $typed, 65536, length $typed) or exit;
            obey($1) while $typed =~ s/^(.*)\n//;
        }
    }
}
