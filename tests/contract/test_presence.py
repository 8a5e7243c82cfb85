"""Who is the only user of a database at its start, on both databases."""

from infrastructure.database import present


async def test_the_first_is_alone_and_who_comes_beside_it_is_not(database_address: str) -> None:
    async with present(database_address) as first, present(database_address) as second:
        assert (first, second) == (True, False)
    async with present(database_address) as again:
        assert again


async def test_who_comes_back_while_another_stayed_is_not_alone(database_address: str) -> None:
    first = present(database_address)
    assert await first.__aenter__()
    async with present(database_address) as second:
        assert not second
        await first.__aexit__(None, None, None)
        async with present(database_address) as first_again:
            assert not first_again
