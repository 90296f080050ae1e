from spanledger_sql.store import Store


def test_a_node_answers_other_commands_through_its_socket(node):
    with Store.open(node.configuration) as store:
        assert store.kind == "node"
        assert store.value("SELECT count() FROM calls") == 0
    assert node.stop() == 0
